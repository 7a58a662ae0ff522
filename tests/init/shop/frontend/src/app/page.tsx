export const dynamic = "force-dynamic";

export default async function Page() {
  const answer = await fetch(`${process.env.BACKEND_URL ?? "http://localhost:8000"}/notes`, { cache: "no-store" }).catch(() => null);
  const notes: string[] = answer?.ok ? await answer.json() : [];
  return (
    <main>
      <h1>Notes</h1>
      <ul>
        {notes.map((note, index) => (
          <li key={index}>{note}</li>
        ))}
      </ul>
    </main>
  );
}
