//! Facts about images: what their Dockerfiles copy, install and build.

mod common;
mod repositories;

use repositories::{each, findings, space};

const BASE: &str = "FROM alpine:3.20\n";

#[test]
fn sources_of_copy() {
    let docker = |lines: &str| format!("{BASE}{lines}");
    let (missing, there) = (docker("COPY a.txt b.txt /x/\n"), docker("COPY a.txt sub ./\nCOPY . .\nADD . /y\n"));
    let strange = docker(
        "ARG F=x\nCOPY $F ${F}.y /\nCOPY --from=alpine:3.20 /etc/none /\nADD https://example.com/none /\nCOPY none* no[a-z] /\nCOPY <<EOF /z\nCOPY none /\nEOF\nRUN <<EOT\nCOPY none2 /\nEOT\n# COPY none3 /\nCOPY [\"a.txt\", \"/\"]\n",
    );
    let (climbs, flags) =
        (docker("COPY ../a.txt /\n"), docker("COPY --chown=1:1 --link a.txt \\\n  none.txt \\\n  /x/\n"));
    let ignored = docker("COPY a.txt sub /x/\n");
    let a = ("c/a.txt", "");
    each(&[
        (&[("c/Dockerfile", &missing), a], &["build-copy-source c/Dockerfile:2"]),
        (&[("c/Dockerfile", &there), a, ("c/sub/x", "")], &[]),
        (&[("c/Dockerfile", &strange), a], &[]),
        (&[("c/Dockerfile", &flags), a], &["build-copy-source c/Dockerfile:3"]),
        (&[("c/Dockerfile", &climbs), ("c/main.py", ""), ("d/a.txt", "")], &["build-copy-source c/Dockerfile:2"]),
        // a folder above may be the context, and another one where nothing but the Dockerfile lies beside it
        (&[("c/Dockerfile", &missing), ("a.txt", ""), ("b.txt", ""), ("c/main.py", "")], &[]),
        (&[("docker/Dockerfile", &missing), ("web/a.txt", ""), ("web/b.txt", "")], &[]),
        // what Git ignores is made before the build
        (&[("c/Dockerfile", &missing), a, (".gitignore", "b.txt\n")], &[]),
        (&[("c/Dockerfile", &docker("COPY dist node_modules /x/\n")), a], &[]),
        (
            &[("c/Dockerfile", &ignored), a, ("c/sub/x", ""), ("c/.dockerignore", "*\n!sub\n")],
            &["build-copy-source c/Dockerfile:2"],
        ),
        (&[("c/Dockerfile", &ignored), a, ("c/sub/x", ""), ("c/.dockerignore", "sub\n!sub/x\n")], &[]),
        (
            &[
                ("c/Dockerfile", &ignored),
                a,
                ("c/sub/x", ""),
                ("c/.dockerignore", "x\n"),
                ("c/Dockerfile.dockerignore", "a.*\n"),
            ],
            &["build-copy-source c/Dockerfile:2"],
        ),
        // the compose file says what the context is
        (
            &[
                ("c/Dockerfile", &missing),
                a,
                ("a.txt", ""),
                ("b.txt", ""),
                ("compose.yaml", "services: { c: { build: ./c } }\n"),
            ],
            &["build-copy-source c/Dockerfile:2"],
        ),
        (
            &[
                ("c/Dockerfile", &missing),
                ("d/a.txt", ""),
                ("d/b.txt", ""),
                ("c/x.py", ""),
                ("compose.yaml", "services:\n  c:\n    build: { context: d, dockerfile: ../c/Dockerfile }\n"),
            ],
            &[],
        ),
        // tests and templates
        (&[("tests/c/Dockerfile", &missing), ("c/Dockerfile", "FROM {{ image }}\nCOPY none /\n")], &[]),
    ]);
}

#[test]
fn stages_that_copies_name() {
    let stages = |from: &str| format!("FROM alpine:3.20 AS build\nFROM alpine:3.20\nCOPY --from={from} /x /x\n");
    each(&[
        (&[("Dockerfile", &stages("biuld"))], &["build-stage-unknown Dockerfile:3"]),
        (&[("Dockerfile", &stages("1"))], &["build-stage-unknown Dockerfile:3"]),
        (&[("Dockerfile", &stages("0"))], &[]),
        (&[("Dockerfile", &stages("Build"))], &[]),
        (&[("Dockerfile", &stages("nginx"))], &[]),
        (&[("Dockerfile", &stages("builder:1"))], &[]),
    ]);
    let space = space(&[("Dockerfile", &stages("biuld"))]);
    space.run(&["check", "--fix"]).exits(0);
    assert_eq!(space.read("Dockerfile"), stages("build"));
}

#[test]
fn metadata_of_python_packages() {
    let project = |backend: &str| {
        format!("[build-system]\nbuild-backend = \"{backend}\"\n[project]\nname = \"x\"\nreadme = \"README.md\"\n")
    };
    let (hatch, setuptools) = (project("hatchling.build"), project("setuptools.build_meta"));
    let docker = |lines: &str| format!("FROM python:3.12\nWORKDIR /app\n{lines}");
    let install = docker("COPY pyproject.toml ./\nRUN pip install .\n");
    let (readme, code) = (("README.md", ""), ("x.py", ""));
    let wrong = &["build-python-metadata Dockerfile:4"][..];
    each(&[
        (&[("Dockerfile", &install), ("pyproject.toml", &hatch), readme, code], wrong),
        (&[("Dockerfile", &install), ("pyproject.toml", &hatch), code], wrong),
        (
            &[
                ("Dockerfile", &docker("COPY pyproject.toml x.py ./\nRUN uv pip install --system .\n")),
                ("pyproject.toml", &hatch),
                readme,
                code,
            ],
            wrong,
        ),
        // Setuptools only warns
        (&[("Dockerfile", &install), ("pyproject.toml", &setuptools), readme, code], &[]),
        (&[("Dockerfile", &docker("COPY . .\nRUN pip install .\n")), ("pyproject.toml", &hatch), readme, code], &[]),
        (
            &[
                ("Dockerfile", &docker("COPY *.md pyproject.toml ./\nRUN pip install .\n")),
                ("pyproject.toml", &hatch),
                readme,
                code,
            ],
            &[],
        ),
        (
            &[
                ("Dockerfile", &docker("COPY pyproject.toml ./\nRUN touch README.md && pip install .\n")),
                ("pyproject.toml", &hatch),
                readme,
                code,
            ],
            &[],
        ),
        (
            &[
                ("Dockerfile", &docker("COPY pyproject.toml ./\nRUN touch README.md\nRUN pip install .\n")),
                ("pyproject.toml", &hatch),
                readme,
                code,
            ],
            &[],
        ),
        (
            &[
                ("Dockerfile", &docker("COPY pyproject.toml ./\nRUN pip install -r requirements.txt\n")),
                ("pyproject.toml", &hatch),
                readme,
                code,
            ],
            &[],
        ),
        (
            &[
                ("Dockerfile", &docker("COPY --from=alpine:3.20 /x /app\nCOPY pyproject.toml ./\nRUN pip install .\n")),
                ("pyproject.toml", &hatch),
                readme,
                code,
            ],
            &[],
        ),
        (
            &[
                ("Dockerfile", &docker("COPY pyproject.toml ./\nRUN --mount=type=bind,target=. pip install .\n")),
                ("pyproject.toml", &hatch),
                readme,
                code,
            ],
            &[],
        ),
        (
            &[
                ("Dockerfile", &docker("COPY . .\nRUN pip install .\n")),
                ("pyproject.toml", &hatch),
                readme,
                code,
                (".dockerignore", "*.md\n"),
            ],
            wrong,
        ),
    ]);
}

#[test]
fn development_packages() {
    let package = |dev: &str, more: &str| {
        format!(
            "{{\n \"scripts\": {{ \"build\": \"next build\" }},\n \"dependencies\": {{ \"next\": \"1\"{more} }},\n \"devDependencies\": {{ {dev} }}\n}}\n"
        )
    };
    let (dev, both, none) = (
        package("\"typescript\": \"5\"", ""),
        package("\"typescript\": \"5\"", ", \"typescript\": \"5\""),
        package("", ""),
    );
    let docker = |install: &str, build: &str| {
        format!("FROM node:20 AS a\nWORKDIR /s\nCOPY . .\nRUN {install}\n{build}FROM node:20\n")
    };
    let build = "RUN npm run build\n";
    let (ts, lock) = (("tsconfig.json", ""), ("package-lock.json", ""));
    let wrong = &["build-node-dev-deps Dockerfile:5"][..];
    let vite = "{ \"scripts\": { \"build\": \"tsc -b && vite build\" }, \"devDependencies\": { \"vite\": \"5\", \"typescript\": \"5\" } }";
    for install in [
        "npm ci --omit=dev",
        "npm ci --only=production",
        "npm install --production",
        "yarn install --production",
        "pnpm install --prod",
    ] {
        each(&[(&[("Dockerfile", &docker(install, build)), ("package.json", &dev), ts, lock], wrong)]);
    }
    each(&[
        (&[("Dockerfile", &docker("npm ci --omit=dev", build)), ("package.json", vite), ts, lock], wrong),
        (&[("Dockerfile", &docker("npm ci", build)), ("package.json", &dev), ts, lock], &[]),
        (&[("Dockerfile", &docker("npm ci --omit=dev", "")), ("package.json", &dev), ts, lock], &[]),
        (&[("Dockerfile", &docker("npm ci --omit=dev", build)), ("package.json", &both), ts, lock], &[]),
        (&[("Dockerfile", &docker("npm ci --omit=dev", build)), ("package.json", &none), ts, lock], &[]),
        // no TypeScript in it
        (&[("Dockerfile", &docker("npm ci --omit=dev", build)), ("package.json", &dev), lock], &[]),
        (
            &[
                ("Dockerfile", &docker("npm ci --omit=dev", "RUN npm install\nRUN npm run build\n")),
                ("package.json", &dev),
                ts,
                lock,
            ],
            &[],
        ),
        (
            &[
                ("Dockerfile", &docker("npm ci", "RUN npm run build && npm prune --omit=dev\n")),
                ("package.json", &dev),
                ts,
                lock,
            ],
            &[],
        ),
        (
            &[
                ("Dockerfile", &docker("npm ci && npm run build && npm ci --omit=dev", "")),
                ("package.json", &dev),
                ts,
                lock,
            ],
            &[],
        ),
    ]);
    let production = docker("npm ci", build).replace("WORKDIR", "ENV NODE_ENV=production\nWORKDIR");
    let space = space(&[("Dockerfile", &production), ("package.json", &dev), ts, lock]);
    assert_eq!(findings(&space), ["build-node-dev-deps Dockerfile:6"]);
    space.run(&["check", "--fix"]).exits(0);
    assert_eq!(space.read("Dockerfile"), production.replace("npm ci", "npm ci --include=dev"));
}

#[test]
fn the_standalone_folder() {
    let package = ("package.json", "{ \"dependencies\": { \"next\": \"15\" } }");
    let docker = "FROM node:20 AS b\nWORKDIR /s\nCOPY . .\nRUN npm run build\nFROM node:20\nCOPY --from=b /s/.next/standalone ./\nCMD [\"node\", \"server.js\"]\n";
    let whole = docker.replace("COPY --from=b /s/.next/standalone ./\n", "COPY --from=b /s/.next ./.next\n");
    each(&[
        (&[("Dockerfile", docker), package], &["build-next-standalone Dockerfile:6"]),
        (
            &[("Dockerfile", docker), package, ("next.config.js", "// output: \"standalone\"\nmodule.exports = {};\n")],
            &["build-next-standalone Dockerfile:6"],
        ),
        (&[("Dockerfile", docker), package, ("next.config.js", "module.exports = { output: 'standalone' };\n")], &[]),
        (
            &[
                ("Dockerfile", docker),
                package,
                ("next.config.ts", "const output = process.env.X ? \"standalone\" : undefined;\n"),
            ],
            &[],
        ),
        (&[("Dockerfile", &whole), package], &["build-next-standalone Dockerfile:7"]),
        (&[("Dockerfile", &whole), package, ("server.js", "")], &[]),
        (&[("Dockerfile", docker), ("package.json", "{ \"dependencies\": {} }")], &[]),
    ]);
}

#[test]
fn the_public_folder() {
    let package = ("package.json", "{ \"dependencies\": { \"next\": \"15\" } }");
    let config = ("next.config.js", "module.exports = { output: \"standalone\" };\n");
    let docker = "FROM node:20 AS b\nWORKDIR /s\nCOPY . .\nRUN npm run build\nFROM node:20\nCOPY --from=b /s/.next/standalone ./\nCOPY --from=b /s/public ./public\nCMD [\"node\", \"server.js\"]\n";
    let made = docker.replace("npm run build", "mkdir -p public && npm run build");
    let other = docker.replace("/s/public", "/other/public");
    let over = docker.replace("COPY . .\n", "COPY . .\nCOPY --from=alpine:3.20 /x ./\n");
    let sitemap = "{ \"dependencies\": { \"next\": \"15\", \"next-sitemap\": \"4\" } }";
    each(&[
        (&[("Dockerfile", docker), package, config], &["build-copy-source Dockerfile:7"]),
        (&[("Dockerfile", docker), package, config, ("public/a.svg", "")], &[]),
        (&[("Dockerfile", docker), package, config, (".gitignore", "public\n")], &[]),
        (&[("Dockerfile", docker), ("package.json", sitemap), config], &[]),
        (&[("Dockerfile", &made), package, config], &[]),
        (&[("Dockerfile", &other), package, config], &[]),
        (&[("Dockerfile", &over), package, config], &[]),
    ]);
}
