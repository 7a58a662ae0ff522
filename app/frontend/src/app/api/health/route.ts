// For the probes. It does not ask the backend: a restart of this process would not help it.
export const dynamic = "force-dynamic";

export function GET() {
  return Response.json({ status: "ok" });
}
