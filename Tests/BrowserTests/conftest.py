"""What every browser test stands on: the running demo, a visitor with open eyes, axe, screenshots.

KASSA_BINARY       the built program (.build/debug/kassa)
KASSA_CHROMIUM     the browser (the first chromium or google-chrome on PATH)
KASSA_SCREENSHOTS  a directory for pictures of the pages; none are taken without it
"""

import json
import os
import re
import shutil
import subprocess
import threading
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
STARTING_SECONDS = 120
# Long enough for a machine that is busy with builds; a passing test never waits for it.
PATIENCE_MS = 60_000

expect.set_options(timeout=PATIENCE_MS)


class Demo:
    """`kassa demo` as a process of its own, on free ports, with its database in a directory that is thrown away."""

    def __init__(self, directory: Path):
        binary = Path(os.environ.get("KASSA_BINARY") or ROOT / ".build/debug/kassa").absolute()
        if not binary.exists():
            pytest.fail(f"{binary} is not built; run `swift build` or set KASSA_BINARY", pytrace=False)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("KASSA_")}
        environment["KASSA_DATABASE_URL"] = f"sqlite:{directory}/kassa.db"
        self.lines: list[str] = []
        self.news = threading.Condition()
        self.ended = False
        self.process = subprocess.Popen(
            [binary, "demo", "--listen", "127.0.0.1:0"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()
        try:
            self.sandbox = self.announced(r"kassa sandbox: listening on (http://\S+)")
            self.shop = self.announced(r"kassa demo: shop at (http://\S+)")
        except BaseException:
            self.process.kill()
            raise

    def listen(self) -> None:
        for line in self.process.stderr:
            with self.news:
                self.lines.append(line)
                self.news.notify_all()
        with self.news:
            self.ended = True
            self.news.notify_all()

    def announced(self, pattern: str) -> str:
        def found() -> re.Match | None:
            return next((match for line in self.lines if (match := re.search(pattern, line))), None)

        with self.news:
            self.news.wait_for(lambda: found() or self.ended, timeout=STARTING_SECONDS)
            match = found()
        if match is None:
            raise AssertionError(f"kassa demo never said {pattern!r}; it said:\n{''.join(self.lines)}")
        return match[1].rstrip("/")

    def stop(self) -> None:
        self.process.terminate()
        try:
            code = self.process.wait(timeout=STARTING_SECONDS)
        finally:
            self.process.kill()
        self.listener.join()
        self.process.stderr.close()
        assert code == 0, f"kassa demo ended with {code} after SIGTERM:\n{''.join(self.lines[-40:])}"

    def ask(self, path: str, method: str = "GET", body: dict | None = None) -> dict:
        """One call to the sandbox."""
        request = urllib.request.Request(
            self.sandbox + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=STARTING_SECONDS) as answer:
            return json.loads(answer.read() or b"{}")

    def orders(self) -> dict[str, dict]:
        """Every order the sandbox's Klarna holds, by its id."""
        return {order["order_id"]: order for order in self.ask("/sandbox/orders")["data"]}


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    running = Demo(tmp_path_factory.mktemp("kassa"))
    yield running
    running.stop()


@pytest.fixture
def own_demo(tmp_path):
    """A demo for one test alone, which may leave its Klarna broken."""
    running = Demo(tmp_path)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser():
    names = ["chromium", "chromium-browser", "google-chrome"]
    path = os.environ.get("KASSA_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        reason = "no chromium on PATH (apt-get install chromium) and KASSA_CHROMIUM is not set"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        yield launched
        launched.close()


@dataclass
class Visitor:
    """A person with a browser window, and what went wrong in it."""

    page: Page
    demo: Demo
    complaints: list[str] = field(default_factory=list)
    checkouts: list = field(default_factory=list)
    # A refused request is an error in the console too; tests that provoke one say which.
    expected: list[str] = field(default_factory=list)

    def watch(self) -> None:
        hosts = {urllib.parse.urlsplit(url).netloc for url in (self.demo.shop, self.demo.sandbox)}

        def requested(request) -> None:
            if urllib.parse.urlsplit(request.url).netloc not in hosts:
                self.complaints.append(f"asked another host: {request.url}")
            if request.method == "POST" and urllib.parse.urlsplit(request.url).path == "/checkout":
                self.checkouts.append(request)

        def logged(message) -> None:
            if message.type in ("error", "warning"):
                self.complaints.append(f"{message.type} in the console: {message.text} ({message.location['url']})")

        self.page.on("request", requested)
        self.page.on("console", logged)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error on the page: {error}"))

    def unexpected(self) -> list[str]:
        return [complaint for complaint in self.complaints if not any(text in complaint for text in self.expected)]

    def enter_shop(self) -> None:
        self.page.goto(self.demo.shop + "/")

    def button(self, name: str) -> Locator:
        """The shop's button of that accessible name."""
        return self.page.get_by_role("button", name=re.compile(name, re.IGNORECASE))

    def choice(self, action: str) -> Locator:
        """The hosted page's button for an action; its words depend on what is bought."""
        return self.page.locator(f"button[name=action][value={action}]")

    def put_mugs(self, count: int) -> None:
        self.button("add to basket: stoneware mug").click()
        for _ in range(count - 1):
            self.button("one more: stoneware mug").click()

    def pay(self) -> None:
        """Presses the shop's button and arrives at the hosted page."""
        self.button("^pay with klarna$").click()
        self.page.wait_for_url(self.demo.sandbox + "/**", timeout=PATIENCE_MS)

    def sees(self, face: str) -> None:
        """Waits for a result page of that face."""
        self.page.wait_for_url(self.demo.shop + "/return/**", timeout=PATIENCE_MS)
        expect(self.page.locator("body")).to_have_attribute("data-face", face)

    def tab_to(self, target: Locator) -> None:
        """Reaches an element as somebody without a mouse does, and checks that they see where they are."""
        for _ in range(80):
            self.page.keyboard.press("Tab")
            if target.evaluate("element => element === document.activeElement"):
                outline = target.evaluate("element => getComputedStyle(element).outlineStyle")
                assert outline != "none", "the focused element shows no outline"
                return
        raise AssertionError(f"Tab never reaches {target}")

    def fits(self, width: int) -> None:
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{self.page.url} is {wide} px wide in a window of {width} px"

    def is_accessible(self, allowing: tuple[str, ...] = ()) -> None:
        """No violation that axe calls serious or critical."""
        found = [
            f"{violation['id']} ({violation['impact']}): {node['html']}"
            for violation in Axe().run(self.page).response["violations"]
            if violation["impact"] in ("serious", "critical") and violation["id"] not in allowing
            for node in violation["nodes"]
        ]
        assert found == [], f"{self.page.url}: " + "\n".join(found)

    def picture(self, name: str) -> None:
        directory = os.environ.get("KASSA_SCREENSHOTS")
        if directory:
            self.page.screenshot(path=Path(directory) / f"{name}.png", full_page=True)


@pytest.fixture
def visit(browser: Browser, demo: Demo):
    """Makes visitors, as in `visit(width=390, java_script_enabled=False)`; each must leave without complaints."""
    contexts, visitors = [], []

    def arrive(width: int = 1280, height: int = 900, at: Demo = demo, **options) -> Visitor:
        context = browser.new_context(viewport={"width": width, "height": height}, locale="en-SE", **options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        visitor = Visitor(context.new_page(), at)
        visitor.watch()
        visitors.append(visitor)
        visitor.enter_shop()
        return visitor

    yield arrive
    complaints = [complaint for visitor in visitors for complaint in visitor.unexpected()]
    for context in contexts:
        context.close()
    assert complaints == []
