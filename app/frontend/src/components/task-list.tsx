import { type FormEvent, useState } from "react";
import { addTask, deleteTask, setDone, type Task } from "../lib/api";

type Props = {
  tasks: Task[] | null;
  change: (action: () => Promise<unknown>) => Promise<void>;
};

export function TaskList({ tasks, change }: Props) {
  const [title, setTitle] = useState("");
  const open = tasks?.filter((task) => !task.done).length ?? 0;

  async function add(event: FormEvent) {
    event.preventDefault();
    const wanted = title.trim();
    if (!wanted) return;
    await change(async () => {
      await addTask(wanted);
      setTitle(""); // only once it is saved, so that nothing typed is lost
    });
  }

  return (
    <section aria-labelledby="tasks-heading">
      <h2 id="tasks-heading">Tasks</h2>
      <form onSubmit={add}>
        <label htmlFor="title" className="hidden">
          New task
        </label>
        <input
          id="title"
          value={title}
          onChange={(event) => setTitle(event.target.value)}
          placeholder="What is to be done?"
          maxLength={200}
          autoComplete="off"
        />
        <button type="submit">Add</button>
      </form>
      <p className="quiet" aria-live="polite">
        {tasks === null ? "Loading…" : open === 0 ? "Nothing is left to do." : `${open} left`}
      </p>
      <ul className="tasks">
        {tasks?.map((task) => (
          <li key={task.id} className={task.done ? "done" : ""}>
            <label>
              <input
                type="checkbox"
                checked={task.done}
                onChange={() => change(() => setDone(task.id, !task.done))}
              />
              <span>{task.title}</span>
            </label>
            <button
              type="button"
              className="plain"
              aria-label={`Delete ${task.title}`}
              onClick={() => change(() => deleteTask(task.id))}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
