/** The backend's API, reached through this site's own origin. */

export type Task = { id: number; title: string; done: boolean };

export type ChatReply = {
  reply: string;
  assistant: string;
  actions: { tool: string; result: unknown }[];
};

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/${path}`, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
    });
  } catch {
    throw new Error("The server cannot be reached. Are you online?");
  }
  if (!response.ok) {
    const { detail } = await response.json().catch(() => ({ detail: null }));
    throw new Error(typeof detail === "string" ? detail : "That did not work.");
  }
  return response.status === 204 ? (undefined as T) : response.json();
}

export const listTasks = () => call<Task[]>("GET", "tasks");
export const addTask = (title: string) => call<Task>("POST", "tasks", { title });
export const setDone = (id: number, done: boolean) => call<Task>("PATCH", `tasks/${id}`, { done });
export const deleteTask = (id: number) => call<void>("DELETE", `tasks/${id}`);
export const chat = (message: string) => call<ChatReply>("POST", "chat", { message });
