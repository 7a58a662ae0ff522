//! Paths of the workspace as text, with forward slashes.

/// The way from one folder of the workspace to a path of it.
pub fn relative(path: &str, from: &str) -> String {
    let split = |p: &str| p.split('/').filter(|s| !s.is_empty() && *s != ".").map(str::to_owned).collect::<Vec<_>>();
    let (to, from) = (split(path), split(from));
    let same = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
    let up = from.iter().skip(same).map(|_| "..".to_owned());
    let way: Vec<String> = up.chain(to.into_iter().skip(same)).collect();
    if way.is_empty() { ".".to_owned() } else { way.join("/") }
}
