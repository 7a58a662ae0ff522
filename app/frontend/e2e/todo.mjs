// Uses the app as a person does, in a real Chromium:
//   node e2e/todo.mjs URL                                  the whole round
//   node e2e/todo.mjs URL add "Buy milk" expect "Buy milk" only these steps
// Steps: add TEXT, complete TEXT, delete TEXT, say TEXT, reload, expect TEXT, expect-done TEXT, expect-reply TEXT, absent TEXT
// CHROMIUM names the browser (default /usr/bin/chromium). Exit code 1 when a step fails.
import { chromium } from "playwright-core";

const TIMEOUT = Number(process.env.STEP_TIMEOUT ?? 20_000);
const [url, ...words] = process.argv.slice(2);
if (!url) {
  console.error("usage: node todo.mjs URL [STEP [TEXT]]...");
  process.exit(2);
}

function wholeRound() {
  const mark = Date.now().toString(36); // so that an older run's tasks do not count
  const [rent, milk] = [`Pay rent ${mark}`, `Buy milk ${mark}`];
  return [
    ["add", rent], ["expect", rent], ["complete", rent],
    ["say", `add buy milk ${mark}`], ["expect-reply", `Added “${milk}”.`],
    ["reload"], ["expect-done", rent], ["expect", milk],
    ["delete", rent], ["delete", milk], ["reload"], ["absent", rent], ["absent", milk],
  ];
}

function given() {
  const list = [];
  while (words.length) {
    const name = words.shift();
    list.push(name === "reload" ? [name] : [name, words.shift()]);
  }
  return list;
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});
const page = await browser.newPage();
page.setDefaultTimeout(TIMEOUT);

const problems = [];
page.on("pageerror", (error) => problems.push(`error in the page: ${error.message}`));
page.on("console", (entry) => entry.type() === "error" && problems.push(`console: ${entry.text()}`));
page.on("request", (request) => {
  if (new URL(request.url()).origin !== new URL(url).origin) problems.push(`request to another host: ${request.url()}`);
});

const task = (text) => page.getByRole("listitem").filter({ has: page.getByText(text, { exact: true }) }).first();
const box = (text) => task(text).getByRole("checkbox");

/** Does something that sends a request, and waits for its answer: it is saved then. */
async function saved(method, action) {
  const answer = page.waitForResponse((r) => r.request().method() === method && r.url().includes("/api/"));
  await action();
  const status = (await answer).status();
  if (status >= 400) throw new Error(`the server answered ${status}`);
}

const steps = {
  add: async (text) => {
    await page.getByLabel("New task").fill(text);
    await saved("POST", () => page.getByRole("button", { name: "Add" }).click());
    await task(text).waitFor();
  },
  // click, not check: the box changes only when the server has said so
  complete: (text) => saved("PATCH", () => box(text).click()),
  delete: (text) => saved("DELETE", () => page.getByRole("button", { name: `Delete ${text}`, exact: true }).first().click()),
  say: async (text) => {
    await page.getByLabel("Message").fill(text);
    await saved("POST", () => page.getByRole("button", { name: "Send" }).click());
  },
  reload: async () => {
    await page.reload();
    await loaded();
  },
  expect: (text) => task(text).waitFor(),
  "expect-done": (text) => task(text).and(page.locator(".done")).waitFor(),
  "expect-reply": (text) => page.getByRole("log").getByText(text).waitFor(),
  absent: (text) => task(text).waitFor({ state: "detached" }),
};

/** The list has come from the server, so that "absent" is not true for want of an answer. */
async function loaded() {
  await page.getByText("Loading…").waitFor({ state: "detached" });
}

let step = ["open", url];
try {
  await page.goto(url);
  await loaded();
  for (step of words.length ? given() : wholeRound()) {
    const [name, text] = step;
    if (!Object.hasOwn(steps, name) || (name !== "reload" && !text)) throw new Error("no such step, or its text is missing");
    await steps[name](text);
    console.log(`ok  ${step.join(" ")}`);
  }
  if (problems.length) throw new Error(problems.join("\n"));
} catch (error) {
  console.error(`failed  ${step.join(" ")}: ${error.message}`);
  process.exitCode = 1;
} finally {
  if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });
  await browser.close();
}
