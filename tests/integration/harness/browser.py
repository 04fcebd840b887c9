# SPDX-License-Identifier: ISC
"""A headless Chromium, spoken to by its DevTools protocol over pipes."""

import base64
import fcntl
import json
import os
import select
import signal
import subprocess
import time

LIMIT = 60  # seconds for one answer


class Browser:
    """One page; events keeps what the browser told by itself."""

    def __init__(self, program, place):
        (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 20)
                for fd in (theirs_in, theirs_out)]

        def become_3_and_4():
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        with open(place / "browser.said", "wb") as said:
            self.process = subprocess.Popen(
                [program, "--headless=new", "--no-sandbox", "--disable-gpu",
                 "--disable-dev-shm-usage", "--hide-scrollbars",
                 "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync",
                 f"--user-data-dir={place / 'profile'}",
                 "--remote-debugging-pipe", "about:blank"],
                stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                env={"PATH": os.environ["PATH"], "HOME": str(place),
                     "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                close_fds=False, preexec_fn=become_3_and_4,
                start_new_session=True)
        for fd in (theirs_in, theirs_out, *high):
            os.close(fd)
        self.read_from, self.write_to = ours_in, ours_out
        self.number, self.buffer, self.events = 0, b"", []
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")
        self.session = self.call("Target.attachToTarget", flatten=True,
                                 targetId=target["targetId"])["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            self.call(f"{domain}.enable")

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.read_from)
        os.close(self.write_to)

    def _message(self, end):
        while b"\0" not in self.buffer:
            left = end - time.monotonic()
            assert left > 0 and select.select([self.read_from], [], [],
                                              left)[0], "no answer"
            data = os.read(self.read_from, 1 << 20)
            assert data, "the browser has ended"
            self.buffer += data
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session is not None:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.write_to, data):]
        end = time.monotonic() + LIMIT
        while True:
            answer = self._message(end)
            if answer.get("id") == self.number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self.events.append(answer)

    def show(self, path, width, media="", dark=False):
        """Opens a file, and waits until it is loaded."""
        self.call("Emulation.setDeviceMetricsOverride", width=width,
                  height=900, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", media=media, features=[
            {"name": "prefers-color-scheme",
             "value": "dark" if dark else "light"}])
        self.events.clear()
        self.call("Page.navigate", url=path.as_uri())
        end = time.monotonic() + LIMIT
        while not self.told("Page.loadEventFired"):
            self.events.append(self._message(end))

    def told(self, *methods):
        return [event["params"] for event in self.events
                if event.get("method") in methods]

    def value(self, script):
        answer = self.call("Runtime.evaluate", expression=script,
                           returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"]["value"]

    def picture(self, path):
        path.write_bytes(base64.b64decode(self.call(
            "Page.captureScreenshot", captureBeyondViewport=True)["data"]))

    def paper(self, path):
        path.write_bytes(base64.b64decode(self.call(
            "Page.printToPDF", printBackground=True, paperWidth=8.27,
            paperHeight=11.69)["data"]))
