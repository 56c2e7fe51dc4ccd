"""A hub on this machine: what huggingface_hub asks of the real one, as far as models need it."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0" * 39 + "1"


class Hub(BaseHTTPRequestHandler):
    """Repositories in memory: {repo: {path: bytes}}."""

    repos: dict

    def log_message(self, *_):
        pass

    def answer(self, value, status=200, **headers):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, held in {"Content-Length": len(body), **headers}.items():
            self.send_header(name.replace("_", "-"), str(held))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        parts = self.path.split("?")[0].strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            repo = "/".join(parts[2:4])
            if repo not in self.repos:
                return self.answer({"error": "none"}, 404, X_Error_Code="RepoNotFound")
            files = self.repos[repo]
            if "tree" in parts:
                listed = [
                    {"type": "file", "path": p, "size": len(c), "oid": hashlib.sha1(c).hexdigest()}
                    for p, c in files.items()
                ]
                return self.answer(listed)
            siblings = [{"rfilename": path} for path in files]
            return self.answer({"id": repo, "sha": COMMIT, "siblings": siblings, "tags": []})
        repo, path = "/".join(parts[:2]), "/".join(parts[4:])
        content = self.repos.get(repo, {}).get(path)
        if parts[2:3] != ["resolve"] or content is None:
            return self.answer({"error": "none"}, 404, X_Error_Code="EntryNotFound")
        etag = f'"{hashlib.sha256(content).hexdigest()}"'
        return self.answer(content, X_Repo_Commit=COMMIT, ETag=etag)

    do_HEAD = do_GET

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Authorization") != "Bearer hf_right":
            return self.answer({"error": "Invalid credentials"}, 401)
        parts = self.path.split("?")[0].strip("/").split("/")
        if parts[-1] == "create":
            asked = json.loads(body)
            repo = f"{asked['organization']}/{asked['name']}"
            self.repos.setdefault(repo, {})
            return self.answer({"url": f"{self.address}/{repo}", "id": repo})
        if parts[-1] == "validate-yaml":
            return self.answer({"errors": [], "warnings": []})
        repo = "/".join(parts[2:4])
        if parts[4] == "preupload":
            files = json.loads(body)["files"]
            modes = [
                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files
            ]
            return self.answer({"files": modes})
        for line in body.decode().splitlines():
            item = json.loads(line)
            if item["key"] == "file":
                held = item["value"]
                self.repos[repo][held["path"]] = base64.b64decode(held["content"])
        return self.answer(
            {"commitUrl": f"{self.address}/{repo}/commit/{COMMIT}", "commitOid": COMMIT}
        )


def running():
    """A hub that runs, and the repositories that it holds."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), None)
    address = f"http://127.0.0.1:{server.server_port}"
    server.RequestHandlerClass = type("Held", (Hub,), {"repos": {}, "address": address})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, address, server.RequestHandlerClass.repos
