import { type FormEvent, useEffect, useRef, useState } from "react";
import { chat } from "../lib/api";

type Line = { from: "you" | "todo"; text: string };

const GREETING: Line = {
  from: "todo",
  text: "Hello. Tell me what to do, for example “add buy milk” or “what is left?”.",
};

export function Chat({ onChanged }: { onChanged: () => Promise<void> }) {
  const [lines, setLines] = useState<Line[]>([GREETING]);
  const [message, setMessage] = useState("");
  const [busy, setBusy] = useState(false);
  const end = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (lines.length > 1) end.current?.scrollIntoView({ block: "nearest" });
  }, [lines]);

  async function send(event: FormEvent) {
    event.preventDefault();
    const text = message.trim();
    if (!text || busy) return;
    setBusy(true);
    setMessage("");
    setLines((before) => [...before, { from: "you", text }]);
    const answer = await chat(text).then(
      ({ reply }) => reply,
      (error: Error) => error.message,
    );
    setLines((before) => [...before, { from: "todo", text: answer }]);
    setBusy(false);
    await onChanged();
  }

  return (
    <section aria-labelledby="chat-heading">
      <h2 id="chat-heading">Chat</h2>
      {/* A log is read out as it grows; it takes the focus so that the keyboard can scroll it. */}
      <div className="chat" role="log" aria-label="Conversation" tabIndex={0}>
        {lines.map((line, index) => (
          <p key={index} className={line.from}>
            <span className="hidden">{line.from === "you" ? "You: " : "Todo: "}</span>
            {line.text}
          </p>
        ))}
        <div ref={end} />
      </div>
      <form onSubmit={send}>
        <label htmlFor="message" className="hidden">
          Message
        </label>
        <input
          id="message"
          value={message}
          onChange={(event) => setMessage(event.target.value)}
          placeholder="add buy milk"
          maxLength={2000}
          autoComplete="off"
        />
        <button type="submit" disabled={busy}>
          {busy ? "…" : "Send"}
        </button>
      </form>
    </section>
  );
}
