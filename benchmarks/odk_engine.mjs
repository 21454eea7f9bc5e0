// The same answers to the same form, by ODK Web Forms' engine in node. Says one line: the milliseconds of each place, as JSON.
import { readFileSync } from 'node:fs';
import { JSDOM } from 'jsdom';

const { window } = new JSDOM('<!doctype html>', { url: 'http://localhost/' });
for (const name of Object.getOwnPropertyNames(window)) {
	if (!(name in globalThis)) {
		globalThis[name] = window[name];
	}
}
const told = JSON.parse(process.argv[2]);
const form = readFileSync(told.form, 'utf-8');
const own = globalThis.process;
globalThis.process = undefined; // the engine is built for browsers: where it sees node, it looks for files that it does not have
const { createInstance } = await import('@getodk/xforms-engine');
const { root } = await createInstance(form, { form: {}, instance: {} });
globalThis.process = own;

const questions = new Map();
const values = new Map();
const walk = (node) => {
	for (const child of node.currentState.children ?? []) {
		(child.nodeType === 'select' ? questions : values).set(child.currentState.reference, child);
		walk(child);
	}
};
walk(root);
for (const question of questions.values()) {
	question.selectValue('yes');
}
const score = values.get('/form/score').currentState.instanceValue;
if (score !== String(questions.size)) {
	throw new Error(`the form does not count its answers: ${score} of ${questions.size}`);
}

const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];
const taken = told.refs.map(() => []);
for (let round = 0; round <= told.rounds; round += 1) {
	told.refs.forEach((ref, at) => {
		for (const value of ['no', 'yes']) {
			const started = performance.now();
			questions.get(ref).selectValue(value);
			values.get('/form/band').currentState.instanceValue; // what follows has been computed
			if (round > 0) {
				taken[at].push(performance.now() - started); // the first round warms the engine up
			}
		}
	});
}
console.log(JSON.stringify(taken.map(median)));
process.exit(0);
