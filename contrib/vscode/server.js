// How the language server is started, by the settings of the extension.

/** The command of `tidemill lsp`, and the files that it is asked about. */
function server(settings) {
  const profile = settings.profile ? ['--profile', settings.profile] : [];
  return { command: settings.path || 'tidemill', args: [...profile, 'lsp'] };
}

const documents = [
  { scheme: 'file', language: 'yaml' },
  { scheme: 'file', language: 'sql' },
  { scheme: 'file', pattern: '**/templates/**' },
];

module.exports = { server, documents };
