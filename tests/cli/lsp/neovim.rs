//! The language server in Neovim.

use std::path::Path;

use serde_json::Value;
use tidemill_test_servers::neovim;

/// Writes to stdout, as an object, what Neovim was told.
const SCRIPT: &str = r#"
local told = {}
local ok, failed = pcall(function()
  local client = vim.lsp.start_client({ name = 'tidemill', cmd = { vim.env.TIDEMILL, 'lsp' }, root_dir = vim.fn.getcwd() })
  vim.lsp.buf_attach_client(0, client)
  local function mistakes(count)
    vim.wait(20000, function() return #vim.diagnostic.get(0) == count and vim.lsp.buf_is_attached(0, client) end, 10)
    return vim.diagnostic.get(0)
  end
  vim.wait(20000, function() local c = vim.lsp.get_client_by_id(client) return c and c.server_capabilities and c.server_capabilities.hoverProvider end, 10)
  local line = vim.fn.search('amount \\* 2') - 1
  local text = vim.api.nvim_buf_get_lines(0, line, line + 1, false)[1]
  vim.api.nvim_buf_set_lines(0, line, line + 1, false, { (text:gsub('amount %* 2', 'amuont * 2')) })
  told.wrong = mistakes(1)
  vim.api.nvim_buf_set_lines(0, line, line + 1, false, { text })
  told.right = #mistakes(0)
  vim.fn.search('derive: {price')
  local at = { textDocument = vim.lsp.util.make_text_document_params(), position = { line = line, character = text:find('price') } }
  told.hover = vim.lsp.buf_request_sync(0, 'textDocument/hover', at, 20000)[client].result.contents.value
  at.newName = 'cost'
  local edit = vim.lsp.buf_request_sync(0, 'textDocument/rename', at, 20000)[client].result
  vim.lsp.util.apply_workspace_edit(edit, 'utf-16')
  vim.cmd('wall')
end)
told.failed = not ok and failed or nil
io.stdout:write(vim.fn.json_encode(told))
vim.cmd('qall!')
"#;

#[test]
fn neovim_underlines_a_mistake_and_renames_in_all_files() {
    let project = super::shop().file("script.lua", SCRIPT);
    let Some(mut neovim) = neovim(&project.root().join("script.lua"), Path::new("pipeline.yaml")) else { return };
    let home = tempfile::tempdir().expect("a folder");
    neovim.current_dir(project.root()).env("TIDEMILL", env!("CARGO_BIN_EXE_tidemill")).env("HOME", home.path());
    let output = neovim.output().expect("it was found");
    let text = String::from_utf8_lossy(&output.stdout);
    let told: Value = serde_json::from_str(text.trim()).unwrap_or_else(|error| panic!("{error}: {text} {output:?}"));
    assert_eq!(told["failed"], Value::Null);
    let wrong = &told["wrong"][0];
    assert!(wrong["message"].as_str().is_some_and(|message| message.contains("did you mean `amount`?")), "{told}");
    assert_eq!(
        (wrong["lnum"].as_u64(), wrong["col"].as_u64(), wrong["end_col"].as_u64()),
        (Some(11), Some(20), Some(26))
    );
    assert_eq!(told["right"], 0);
    assert_eq!(told["hover"], "`price`: int\n\nA column of `orders`.");
    assert!(project.read("by_country.sql").contains("sum(cost) as total"), "{}", project.read("by_country.sql"));
    project.run(["check"]).exits(0);
}
