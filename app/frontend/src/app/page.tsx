"use client";

import { useCallback, useEffect, useState } from "react";
import { Chat } from "../components/chat";
import { TaskList } from "../components/task-list";
import { listTasks, type Task } from "../lib/api";

export default function Home() {
  const [tasks, setTasks] = useState<Task[] | null>(null);
  const [problem, setProblem] = useState("");

  const reload = useCallback(async () => {
    try {
      setTasks(await listTasks());
      setProblem("");
    } catch (error) {
      setProblem((error as Error).message);
    }
  }, []);

  useEffect(() => {
    void reload();
  }, [reload]);

  /** Does something to the list, then shows the list as it is now, also when it failed. */
  const change = useCallback(
    async (action: () => Promise<unknown>) => {
      try {
        await action();
        await reload();
      } catch (error) {
        await reload();
        setProblem((error as Error).message);
      }
    },
    [reload],
  );

  return (
    <main>
      <h1>Todo</h1>
      <p className="problem" role="alert">
        {problem}
      </p>
      <div className="columns">
        <TaskList tasks={tasks} change={change} />
        <Chat onChanged={reload} />
      </div>
    </main>
  );
}
