import fastify from "fastify";

const app = fastify({ logger: true });
app.get("/health", async () => ({ status: "ok" }));
await app.listen({ host: "0.0.0.0", port: Number(process.env.PORT ?? 3000) });
process.on("SIGTERM", () => void app.close());
