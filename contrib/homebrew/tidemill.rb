# Builds Tidemill from its source, on macOS and Linux. From a clone of the repository, as Homebrew wants formulas in a tap:
#
#   brew tap-new --no-git local/tidemill
#   cp contrib/homebrew/tidemill.rb "$(brew --repository local/tidemill)/Formula/"
#   brew install --HEAD local/tidemill/tidemill
class Tidemill < Formula
  desc "Declarative workflow runner for data, checked before it runs"
  homepage "https://github.com/tidemill/tidemill"
  license any_of: ["MIT", "Apache-2.0"]
  head "https://github.com/tidemill/tidemill.git", branch: "main"

  depends_on "rust" => :build

  def install
    system "cargo", "install", *std_cargo_args
    generate_completions_from_executable(bin/"tidemill", "completions")
    (man1/"tidemill.1").write Utils.safe_popen_read(bin/"tidemill", "man")
  end

  test do
    (testpath/"in.csv").write "a\n1\n2\n"
    (testpath/"pipeline.yaml").write <<~YAML
      version: 1
      tasks:
        rows: {type: load, path: in.csv}
        total: {type: aggregate, from: rows, metrics: {total: sum(a)}, output: total.csv}
    YAML
    system bin/"tidemill", "run"
    assert_equal "total\n3\n", (testpath/"total.csv").read
  end
end
