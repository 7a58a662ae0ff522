const backend = () => process.env.BACKEND_URL ?? "http://localhost:8000";

export async function POST(request: Request) {
  const answer = await fetch(`${backend()}/notes`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: await request.text(),
  });
  return new Response(await answer.text(), { status: answer.status });
}
