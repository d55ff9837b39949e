const test = require('node:test');
const assert = require('node:assert');
const { server, documents } = require('../server');

test('the program is found on PATH unless its path is set', () => {
  assert.deepStrictEqual(server({ path: '', profile: '' }), { command: 'tidemill', args: ['lsp'] });
  assert.deepStrictEqual(server({ path: '/opt/tidemill', profile: '' }), { command: '/opt/tidemill', args: ['lsp'] });
});

test('a profile goes before the command', () => {
  assert.deepStrictEqual(server({ path: '', profile: 'dev' }).args, ['--profile', 'dev', 'lsp']);
});

test('only files of this machine are asked about', () => {
  assert.ok(documents.every((document) => document.scheme === 'file'));
});
