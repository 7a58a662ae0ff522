"""Without a key: plain rules for ordinary English sentences, and an honest answer when none fits."""

import re
from collections.abc import Callable
from typing import Any

from todo.assistant import Action, Reply
from todo.tools import Tools

HELP = (
    "I did not understand that. I can add, list, complete, reopen, rename and delete tasks, for example: "
    "“add buy milk”, “what is left?”, “complete buy milk”, “rename task 2 to buy bread”, “delete task 2”."
)
POLITE = re.compile(r"^(?:(?:please|hey|hi|hello|ok|now|(?:can|could|would|will) you|i(?:'d| would) like to)\b[\s,]*)+", re.I)
A_TASK = r"(?:(?:an?|the|my|this)\s+)?(?:(?:new\s+)?(?:task|todo|to-do|item|reminder)\b\s*)?"
ON_LIST = r"(?:\s+(?:to|on|from|off|in)\s+(?:the|my)\s+(?:todo\s+|to-do\s+|task\s+)?list)?"

# The first that fits wins, so the special forms of a sentence stand before the general ones.
RULES: list[tuple[str, str]] = [
    ("rename", rf"(?:rename|change|edit|update)\s+{A_TASK}(?P<task>.+?)\s+(?:to|into)\s+(?P<title>.+)"),
    ("reopen", rf"(?:reopen|uncheck|untick|undo|uncomplete)\s+{A_TASK}(?P<task>.+)"),
    ("reopen", rf"(?:mark|set)\s+{A_TASK}(?P<task>.+?)\s+(?:as\s+)?(?:not\s+(?:done|finished|complete[d]?)|undone|open)"),
    ("complete", rf"(?:mark|set|check|tick)\s+{A_TASK}(?P<task>.+?)\s+(?:as\s+)?(?:done|finished|complete[d]?|off)"),
    ("complete", rf"(?:complete|finish|check\s+off|tick\s+off|check|tick|done(?:\s+with)?:?)\s+{A_TASK}(?P<task>.+)"),
    ("complete", rf"i(?:'m|\s+am|\s+have|'ve)?\s+(?:just\s+|already\s+)?(?:done(?:\s+with)?|did|finished|completed)\s+{A_TASK}(?P<task>.+)"),
    ("delete", rf"(?:delete|remove|drop|forget|cancel)\s+(?:about\s+)?{A_TASK}(?P<task>.+?){ON_LIST}"),
    ("list_done", r"(?:list|show|what|which|see)\b.*\b(?:done|completed?|finished)\b.*"),
    ("list_all", r"(?:list|show|see)\b.*\b(?:all|everything)\b.*"),
    ("list_open", r"(?:list|tasks|todos)|(?:list|show|see)\b.*\b(?:tasks?|todos?|to-dos?|list|open|left)\b.*"),
    ("list_open", r"(?:what|which|anything|do i have)\b.*\b(?:left|open|to do|todo|list|tasks?|next)\b.*"),
    ("add", rf"(?:add|create|make|put|note|new\s+(?:task|todo))(?:\s+down)?:?\s+{A_TASK}(?:called\s+|named\s+|to\s+|:\s*)?(?P<title>.+?){ON_LIST}"),
    ("add", r"(?:remind\s+me|remember|don't\s+forget|i\s+(?:need|have|want|must)|todo:?|task:)(?:\s+to)?\s+(?P<title>.+)"),
    ("complete", r"(?:the\s+)?(?P<task>.+?)\s+is\s+(?:done|finished|complete[d]?)"),
]
COMPILED = [(name, re.compile(pattern, re.I)) for name, pattern in RULES]
NUMBER = re.compile(r"(?:number\s+|no\.?\s*|#\s*)?(\d+)", re.I)


class Rules:
    name = "rules"

    def reply(self, message: str, tools: Tools) -> Reply:
        sentence = POLITE.sub("", " ".join(message.split())).strip().rstrip(".!?").strip()
        for name, pattern in COMPILED:
            if match := pattern.fullmatch(sentence):
                words = {key: clean(value) for key, value in match.groupdict().items()}
                if all(words.values()):
                    return Turn(tools).answer(name, **words)
        return Reply(reply=HELP)


def clean(text: str) -> str:
    return text.strip().strip("\"'“”‘’`").strip()


class Turn:
    """The answer to one sentence, with the actions taken on the way."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self.actions: list[Action] = []

    def answer(self, name: str, task: str = "", title: str = "") -> Reply:
        title = title[:1].upper() + title[1:]
        if name == "add":
            text = self.say("Added “{title}”.", self.run("add_task", title=title))
        elif name.startswith("list_"):
            text = self.listing(name.removeprefix("list_"))
        elif name == "rename":
            text = self.change(task, "rename_task", "Renamed; it is now “{title}”.", title=title)
        else:
            done = {"complete": "Done: “{title}”.", "reopen": "“{title}” is open again.", "delete": "Deleted “{title}”."}
            text = self.change(task, f"{name}_task", done[name])
        return Reply(reply=text, actions=self.actions)

    def run(self, tool: str, **arguments: Any) -> Any:
        result = self.tools.run(tool, arguments)
        self.actions.append(Action(tool=tool, arguments=arguments, result=result))
        return result

    def say(self, text: str, result: dict) -> str:
        return f"That did not work: {result['error']}." if "error" in result else text.format(title=result["title"])

    def listing(self, state: str) -> str:
        tasks = self.run("list_tasks", state=state)
        if not tasks:
            return {"open": "Nothing is left to do.", "done": "Nothing is done yet.", "all": "The list is empty."}[state]
        lines = [f"{task['id']}. {task['title']}{' (done)' if task['done'] and state == 'all' else ''}" for task in tasks]
        return "\n".join([f"{state.capitalize()}:" if state != "all" else "Your tasks:", *lines])

    def change(self, words: str, tool: str, text: str, **arguments: Any) -> str:
        found = self.find(words, prefer_done=tool == "reopen_task")
        if len(found) == 1:
            return self.say(text, self.run(tool, task_id=found[0]["id"], **arguments))
        if not found:
            return f"I found no task “{words}”. Ask “list all” to see them."
        choices = ", ".join(f"{task['id']} “{task['title']}”" for task in found)
        return f"Which one do you mean: {choices}? Please say its number."

    def find(self, words: str, prefer_done: bool) -> list[dict]:
        """The tasks meant: by number, else by title, else by a part of the title."""
        tasks = self.tools.run("list_tasks", {})
        if number := NUMBER.fullmatch(words):
            return [task for task in tasks if task["id"] == int(number[1])]
        wanted = words.casefold()
        tests: list[Callable[[str], bool]] = [lambda title: title == wanted, lambda title: wanted in title]
        for test in tests:
            found = [task for task in tasks if test(task["title"].casefold())]
            # Of two with the same words, the one still in that state is meant.
            if found:
                return [task for task in found if task["done"] == prefer_done] or found
        return []
