/** Passes /api/… on to the backend, whose address is read when a request comes, not when this is built. */

const TIMEOUT = 60_000; // longer than the backend waits for an assistant

async function pass(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const target = new URL(pathname + search, process.env.BACKEND_URL || "http://localhost:8000");
  const headers = new Headers();
  for (const name of ["content-type", "accept", "x-request-id"]) {
    const value = request.headers.get(name);
    if (value) headers.set(name, value);
  }
  try {
    const response = await fetch(target, {
      method: request.method,
      headers,
      body: request.method === "GET" ? undefined : await request.text(),
      signal: AbortSignal.timeout(TIMEOUT),
      cache: "no-store",
      redirect: "manual",
    });
    const answer = new Headers({ "cache-control": "no-store" });
    for (const name of ["content-type", "x-request-id", "retry-after"]) {
      const value = response.headers.get(name);
      if (value) answer.set(name, value);
    }
    return new Response(response.status === 204 ? null : response.body, { status: response.status, headers: answer });
  } catch (error) {
    const reason = error instanceof Error ? ((error.cause as { code?: string })?.code ?? error.name) : "unknown";
    console.error(JSON.stringify({ level: "ERROR", message: "the backend does not answer", path: pathname, reason }));
    return Response.json({ detail: "The list cannot be reached just now." }, { status: 502 });
  }
}

export { pass as DELETE, pass as GET, pass as PATCH, pass as POST };
