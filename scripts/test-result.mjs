// Prints "N passed, N failed" from vitest's JSON result as the last line, and fails unless tests ran and all passed.
// usage: node scripts/test-result.mjs RESULT.json STATUS-OF-VITEST
import { readFileSync } from "node:fs";

const [file, runnerStatus] = process.argv.slice(2);
const result = JSON.parse(readFileSync(file, "utf8"));
// A file that cannot be loaded has no failed test, but it has failed.
const brokenFiles = result.testResults.filter(
  ({ status, assertionResults }) =>
    status === "failed" && assertionResults.every((test) => test.status !== "failed"),
);
for (const { name, message } of brokenFiles) console.log(`${name}: ${message}`);
const passed = result.numPassedTests;
const failed = result.numFailedTests + brokenFiles.length;
if (passed + failed === 0) console.log("no test was run");
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 || runnerStatus !== "0" ? 1 : 0;
