// Starts `tidemill lsp` for workspaces with a pipeline, and stops it with the editor.

const vscode = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');
const { server, documents } = require('./server');

let client;

async function activate() {
  const settings = vscode.workspace.getConfiguration('tidemill');
  const options = server({ path: settings.get('path'), profile: settings.get('profile') });
  client = new LanguageClient('tidemill', 'Tidemill', options, { documentSelector: documents });
  try {
    await client.start();
  } catch (error) {
    vscode.window.showErrorMessage(`Tidemill cannot be started as \`${options.command}\`: ${error.message}. Set \`tidemill.path\`.`);
  }
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };
