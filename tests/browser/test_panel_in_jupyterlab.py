"""The panel in real JupyterLab: a real kernel, a real service, real Chromium, and the file that is saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

    from tests.browser.lab import Lab
    from tests.service_process import ServiceProcess

SETUP = "%load_ext dw_jupyter\nimport pandas as pd\nreviews = pd.DataFrame({'text': ['good', None]})"
PANEL = "%dwbatch panel"


def requests(path: Path, *prompts: str) -> Path:
    """A file that asks these prompts."""
    with path.open("w") as file:
        for number, prompt in enumerate(prompts):
            body = {"model": "echo", "messages": [{"role": "user", "content": prompt}]}
            line = {"custom_id": f"ask-{number}", "method": "POST", "url": "/v1/chat/completions", "body": body}
            file.write(json.dumps(line) + "\n")
    return path


def row_of(panel: Locator, label: str) -> Locator:
    """The row of a job, which is opened if it is not."""
    row = (
        panel.get_by_role("list", name="Jobs and batches, newest first").get_by_role("listitem").filter(has_text=label)
    )
    if row.first.get_by_role("button").first.get_attribute("aria-expanded") == "false":
        row.first.get_by_role("button").first.click()
    return row.first


def test_send_watch_retry_attach_forget(browser: Browser, lab: Lab, service: ServiceProcess, tmp_path: Path) -> None:
    """A file is checked, priced, sent and watched; what failed is retried; the line attaches; a view opens its job."""
    path = lab.write("panel.ipynb", SETUP, PANEL, "", "%%dwbatch reviews -o labels --on-missing skip\nOpen {{ text }}")
    with lab.open(browser, path.name) as notebook:
        page = notebook.page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        notebook.run(0)
        notebook.run(1)
        panel = page.locator(".dw-panel")
        expect(panel).to_contain_text("No jobs yet.")
        panel.get_by_role("button", name="Send requests").click()
        file = panel.locator("input[type=file]")

        file.set_input_files(requests(tmp_path / "bad.jsonl", "a", "b"))
        expect(panel).to_contain_text("2 requests, no fault. All ask echo.")
        broken = tmp_path / "bad.jsonl"
        broken.write_text(broken.read_text() + "{\n" + broken.read_text())
        file.set_input_files(broken)
        expect(panel).to_contain_text("3 faults in 5 requests.")
        expect(panel.get_by_role("list", name="Faults")).to_contain_text('custom_id "ask-1" is that of line 2 too.')
        expect(panel.get_by_role("button", name="Send", exact=True)).to_have_attribute("aria-disabled", "true")

        file.set_input_files(requests(tmp_path / "asked.jsonl", *(f"say {n}" for n in range(100)), "fail 400 once"))
        expect(panel).to_contain_text("101 requests, no fault.")
        panel.get_by_role("button", name="See cost").click()
        expect(panel).to_contain_text("The service does not know the cost. 101 requests, about ")
        panel.get_by_role("button", name="Send", exact=True).click()
        expect(panel).to_contain_text("Sent. It is in the list.")
        row = row_of(panel, "asked.jsonl")
        expect(row).to_contain_text("of 101 answered")
        expect(row.get_by_role("button", name="Cancel")).to_be_visible()
        expect(row).to_contain_text("Done: 100 of 101 answered, 1 failed")

        row.get_by_role("button", name="Retry 1 row").click()
        expect(row).to_contain_text("Done: 101 of 101 answered")
        row.get_by_label("Name for the job").fill("asked")
        row.get_by_role("button", name="Copy line", exact=True).click()
        expect(row).to_contain_text("Copied: paste it into a cell.")
        line = str(page.evaluate("navigator.clipboard.readText()"))
        assert line.startswith("asked = %dwbatch attach ")
        notebook.select(2)
        page.keyboard.press("Enter")
        page.keyboard.insert_text(f"{line}\nlen(asked.result()), asked.df.loc['ask-100', 'response']")
        page.keyboard.press("Control+Enter")
        expect(notebook.output(2).last).to_contain_text("(101, 'fail 400 once')")

        row.get_by_role("button", name="Copy line to read its rows").click()
        expect(row).to_contain_text("Copied: in a cell of its own it shows the job, with its rows to read.")
        notebook.select(2)
        page.keyboard.press("Enter")
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(str(page.evaluate("navigator.clipboard.readText()")))
        page.keyboard.press("Control+Enter")
        expect(notebook.output(2).locator(".dw-job")).to_contain_text("Done: 101 of 101 answered")

        row.get_by_role("button", name="Forget").click()
        row.get_by_role("button", name="Remove it").click()
        expect(row_of(panel, "forgotten, or of another machine")).to_contain_text("Done: 101 of 101 answered")

        notebook.run(3)
        notebook.output(3).get_by_role("button", name="Open in panel").click()
        row = panel.get_by_role("listitem").filter(has_text="reviews → labels").first
        expect(row.get_by_role("button").first).to_have_attribute("aria-expanded", "true")
        expect(row.get_by_role("button").first).to_be_focused()
        heard = b"".join(notebook.heard)
    with service.http() as http:
        assert len(http.get("batches").json()["data"]) == 2
    assert service.api_key.encode() not in heard


def test_a_busy_kernel_a_reload_a_restart_and_a_file_without_a_kernel(
    browser: Browser, lab: Lab, tmp_path: Path
) -> None:
    """What is asked of a busy kernel is acknowledged; the page may be reloaded; a restart says how to go on."""
    path = lab.write("again.ipynb", SETUP, PANEL, "import time\ntime.sleep(3)")
    with lab.open(browser, path.name) as notebook:
        page = notebook.page
        for cell in (0, 1):
            notebook.run(cell)
        panel = page.locator(".dw-panel")
        panel.get_by_role("button", name="Send requests").click()
        asked = requests(tmp_path / "long.jsonl", *(f"say {n} again" for n in range(700)))
        panel.locator("input[type=file]").set_input_files(asked)
        expect(panel).to_contain_text("700 requests, no fault.")
        panel.get_by_role("button", name="Send", exact=True).click()
        expect(row_of(panel, "long.jsonl")).to_contain_text("of 700 answered")

        notebook.run(2)
        expect(page.locator(".jp-Notebook-ExecutionIndicator, .jp-StatusBar-Widget").first).to_be_attached()
        panel.get_by_label("Search label, model, id or tag").fill("long")
        expect(panel).to_contain_text("Sent. A kernel that is busy with a cell")
        notebook.wait_until_idle()
        expect(panel).not_to_contain_text("Sent. A kernel that is busy with a cell")

        notebook.save()
        (output,) = json.loads(path.read_text())["cells"][1]["outputs"]
        assert set(output["data"]) == {"text/html", "text/plain"}
        page.reload()
        notebook.wait_until_shown()
        expect(panel).to_have_count(1)
        expect(panel.get_by_label("Search label, model, id or tag")).to_have_value("long")
        row = row_of(panel, "long.jsonl")
        seen = row.locator(".dw-entry-headline").inner_text()
        expect(row.locator(".dw-entry-headline")).not_to_have_text(seen)

        row.get_by_role("button", name="Cancel").click()
        row.get_by_role("button", name="Yes, cancel").click()
        expect(row).to_contain_text("Cancelled: ")

        notebook.restart_kernel()
        expect(panel).to_contain_text("Load the extension, then run %dwbatch panel: the jobs go on.")
        expect(panel.get_by_role("button", name="Send requests")).to_have_count(0)
        for cell in (0, 1):
            notebook.run(cell)
        expect(row_of(panel.last, "long.jsonl")).to_contain_text("Cancelled: ")
        panel.get_by_role("button", name="Close").click()
        expect(panel).to_have_count(0)
        expect(notebook.output(1)).to_contain_text("Jobs as of ")
        notebook.save()

    with lab.open(browser, path.name, kernel=False) as notebook:
        expect(notebook.output(1)).to_contain_text("long.jsonl")
        expect(notebook.output(1)).to_contain_text("To see it live: %dwbatch panel")
        expect(notebook.page.locator("body")).not_to_contain_text("Error displaying widget")
