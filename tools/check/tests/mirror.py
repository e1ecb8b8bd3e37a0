#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A proxy that plays the mirror: serves the files of a folder by their names.

usage: mirror.py FOLDER: prints its port, then serves until killed. The file
FOLDER/mode says how: "whole", "cut" (half of a file, then silence), "garbage"
(the right length, other bytes). FOLDER/log gets "NAME FIRST-BYTE" a request.
"""
import http.server
import os
import sys
import time
import urllib.parse

FOLDER = sys.argv[1]


def mode():
    with open(os.path.join(FOLDER, "mode"), encoding="ascii") as file:
        return file.read().strip()


class Mirror(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        name = os.path.basename(urllib.parse.unquote(self.path))
        path = os.path.join(FOLDER, name)
        if not os.path.exists(path):
            self.send_error(404)
            return
        with open(path, "rb") as file:
            data = file.read()
        asked = self.headers.get("Range", "bytes=0-")
        first = int(asked.split("=")[1].split("-")[0])
        with open(os.path.join(FOLDER, "log"), "a", encoding="ascii") as log:
            log.write(f"{name} {first}\n")
        self.answer(data, first)

    def answer(self, data, first):
        if mode() == "garbage":
            data = b"\0" * len(data)
        self.send_response(206 if first else 200)
        if first:
            self.send_header(
                "Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - first))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.end_headers()
        if mode() == "cut":
            self.wfile.write(data[first:len(data) // 2])
            self.wfile.flush()
            time.sleep(60)
            return
        self.wfile.write(data[first:])


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Mirror)
print(server.server_address[1], flush=True)
server.serve_forever()
