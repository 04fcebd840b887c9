// SPDX-License-Identifier: ISC
// Verdicts of the published libraries: a case of JSON a line on standard
// input, a line of two words on standard output: what svix says and what
// standardwebhooks says; "ok", "no", or "secret" if the secret is refused.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.argv[2] + "/");
const svix = require("svix").Webhook;
const standard = require("standardwebhooks").Webhook;

function verdict(Webhook, c) {
  let webhook;
  try {
    webhook = new Webhook(c.secret);
  } catch {
    return "secret";
  }
  const real = Date.now;
  Date.now = () => c.now * 1000 + 500;
  try {
    webhook.verify(Buffer.from(c.body, "base64"), c.headers);
  } catch (error) {
    // signed well, but no JSON: what they return is not the question
    return error instanceof SyntaxError ? "ok" : "no";
  } finally {
    Date.now = real;
  }
  return "ok";
}

for await (const line of createInterface({ input: process.stdin })) {
  const c = JSON.parse(line);
  console.log(verdict(svix, c) + " " + verdict(standard, c));
}
