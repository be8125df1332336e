"""Pages in a real browser: the system's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Opened:
    """A page that is open, with what it said and what it asked for."""

    page: Any
    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def evaluate(self, script: str, argument: Any = None) -> Any:
        """Return what a script in the page gives."""
        return self.page.evaluate(script, argument)

    def settle(self) -> None:
        """Wait until what has been asked for is drawn."""
        self.page.wait_for_timeout(50)
        self.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        self.page.wait_for_timeout(150)

    def assert_quiet(self, file: Path) -> None:
        """Nothing went wrong, and nothing but the file itself was fetched."""
        assert (self.console, self.errors) == ([], [])
        fetched = [address for address in self.requests if not address.startswith(("data:", "blob:"))]
        assert fetched == [file.resolve().as_uri()]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A browser without a window."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs `playwright`: pip install accelsim[browser]")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"needs a browser: one of {', '.join(BROWSERS)}")
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def browser_page(browser: Any) -> Iterator[Callable[..., Opened]]:
    """Open files: `browser_page(path, width=1280, scheme="light")`."""
    contexts = []

    def opened(file: Path, width: int = 1280, scheme: str = "light", height: int = 900, **more: Any) -> Opened:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **more)
        contexts.append(context)
        found = Opened(context.new_page())
        found.page.on("console", lambda message: found.console.append(f"{message.type}: {message.text}"))
        found.page.on("pageerror", lambda error: found.errors.append(str(error)))
        found.page.on("request", lambda request: found.requests.append(request.url))
        found.page.goto(file.resolve().as_uri())
        found.settle()
        return found

    yield opened
    for context in contexts:
        context.close()


CONTRASTS = """
() => {
  const parse = (text) => {
    const numbers = text.match(/[\\d.]+/g).map(Number);
    const scale = text.startsWith("color(") ? 255 : 1;
    return { rgb: numbers.slice(0, 3).map((value) => value * scale), alpha: numbers.length > 3 ? numbers[3] : 1 };
  };
  const light = ([r, g, b]) => {
    const linear = [r, g, b].map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const behind = (element) => {
    const patch = element.closest(".annotation-text-g, .annotation")?.querySelector("rect.bg");
    if (patch && parse(getComputedStyle(patch).fill).alpha > 0.8 && patch.style.fillOpacity !== "0") {
      return parse(getComputedStyle(patch).fill).rgb;
    }
    for (let at = element; at; at = at.parentElement) {
      if (at instanceof SVGElement) continue;
      const { rgb, alpha } = parse(getComputedStyle(at).backgroundColor);
      if (alpha > 0.99) return rgb;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const texts = [...element.childNodes].filter((node) => node.nodeType === 3 && node.data.trim());
    if (!texts.length || element.closest("script, noscript, style, option") || element.disabled) continue;
    const style = getComputedStyle(element);
    if (style.visibility === "hidden" || !element.getClientRects().length) continue;
    const ink = parse(element instanceof SVGElement ? style.fill : style.color).rgb;
    const [high, low] = [light(ink), light(behind(element))].sort((a, b) => b - a);
    found.push([(high + 0.05) / (low + 0.05), texts[0].data.trim().slice(0, 60)]);
  }
  return found.sort((a, b) => a[0] - b[0]);
}
"""
"""Contrast of every text that shows with what is behind it (WCAG 2.2, 1.4.3), the least first."""


@pytest.fixture(scope="session")
def contrasts() -> str:
    """The script `CONTRASTS`."""
    return CONTRASTS
