"""How much a browser's processor has to be slowed down here to be as fast as a mid-range phone's.

By a fixed factor the phone is as fast as the machine under it. So the factor is looked for, as Chrome's developer tools do
in their calibration: a phone of the middle, such as the Pixel 5, has the benchmark index 1,000 there, one of the lower end,
such as the Moto G Power of 2022, 264 (devtools-frontend, panels/mobile_throttling). The index is Lighthouse's: the mean of
how often in a second a string grows to 10,000 letters, letter by letter, and of how often 100,000 numbers are copied from
one array into another, each divided by ten.
"""

import statistics

from playwright.async_api import Browser, Page

MID_RANGE = 1_000
NEAR = 0.03  # of the index
SECONDS = 0.4
TRIES = 10
TOO_SLOW = 16  # times; no machine of today is as many times faster than such a phone

_INDEX = """(seconds) => {
  const rate = (turn) => {
    const start = performance.now();
    let turns = 0;
    while (performance.now() - start < seconds * 500) {
      turn(turns);
      turns += 1;
    }
    return (turns * 100) / (performance.now() - start);
  };
  const letters = () => {
    let text = "";
    for (let length = 0; length < 10000; length += 1) text += "a";
    if (text.length === 1) throw new Error("unread, it would not be made");
  };
  const arrays = [0, 1].map(() => Array.from({ length: 100000 }, (_, index) => index));
  const copy = (turn) => {
    const from = arrays[turn % 2];
    const to = arrays[(turn + 1) % 2];
    for (let index = 0; index < from.length; index += 1) to[index] = from[index];
  };
  return (rate(letters) + rate(copy)) / 2;
}"""


async def slow_down(page: Page, times: float) -> None:
    """From now on the page's processor is so many times slower."""
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": times})


async def slowness_of_a_phone(browser: Browser) -> tuple[float, float]:
    """How many times slower a mid-range phone is than this machine, and the index reached with it.

    1 on a machine that is no faster than the phone. Each step goes on from what the last one reached, so that one which
    something else on the machine disturbed is mended by the next.
    """
    page = await browser.new_page()
    times, index = 1.0, await _index(page)
    for _ in range(TRIES):
        if abs(index / MID_RANGE - 1) < NEAR or (index < MID_RANGE and times == 1):
            break
        times = round(min(max(times * index / MID_RANGE, 1.0), TOO_SLOW), 2)
        await slow_down(page, times)
        index = await _index(page)
    await page.close()
    return times, index


async def _index(page: Page) -> float:
    """The median of several, as the browser has other things to do at times, and at first has to compile this."""
    return statistics.median([float(await page.evaluate(_INDEX, SECONDS)) for _ in range(5)])
