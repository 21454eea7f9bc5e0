// The peer of sync: PouchDB on both sides. `node pouchdb.mjs serve FOLDER` prints its address and serves express-pouchdb until it is
// stopped; `node pouchdb.mjs replicate URL FOLDER DOCUMENTS` prints the seconds of each replication as JSON.
//
// Databases are LevelDB on disk. DOCUMENTS is JSON, one document a line. They are in the first database before the clock starts.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.cwd() + "/");
const PouchDB = require("pouchdb");
const BATCH = { batch_size: 1000, batches_limit: 10 }; // ten times the usual 100: several times faster

function serve(folder) {
  const app = require("express")();
  const engine = require("express-pouchdb");
  const options = { logPath: folder + "/log.txt", configPath: folder + "/config.json", mode: "minimumForPouchDB" };
  app.use("/", engine(PouchDB.defaults({ prefix: folder + "/" }), options));
  const listening = app.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${listening.address().port}/`));
}

async function timed(work) {
  const started = process.hrtime.bigint();
  const result = await work();
  if (!result.ok || result.doc_write_failures) throw new Error(JSON.stringify(result));
  return Number(process.hrtime.bigint() - started) / 1e9;
}

async function replicate(url, folder, documents) {
  const read = readFileSync(documents, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  const sender = new PouchDB(folder + "/sender");
  const reader = new PouchDB(folder + "/reader");
  const server = new PouchDB(url + "office");
  for (let at = 0; at < read.length; at += 5000) await sender.bulkDocs(read.slice(at, at + 5000));
  const taken = {};
  taken.push = await timed(() => sender.replicate.to(server, BATCH));
  taken.pull = await timed(() => reader.replicate.from(server, BATCH));
  const changed = await sender.allDocs({ include_docs: true, keys: read.slice(0, 100).map((one) => one._id) });
  await sender.bulkDocs(changed.rows.map((row) => ({ ...row.doc, changed: "Called again, and wrote down what was said." })));
  taken.delta = await timed(() => sender.replicate.to(server, BATCH));
  taken.delta += await timed(() => reader.replicate.from(server, BATCH));
  const held = (await reader.info()).doc_count;
  if (held !== read.length) throw new Error(`${held} of ${read.length} documents arrived`);
  console.log(JSON.stringify(taken));
}

const [what, ...rest] = process.argv.slice(2);
if (what === "serve") serve(...rest);
else await replicate(...rest);
