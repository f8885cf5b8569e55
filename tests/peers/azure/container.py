"""Makes a container in the Azure emulator: container.py <endpoint> <name>. Content with one that is there already."""

import base64
import hashlib
import hmac
import sys
import urllib.error
import urllib.request
from email.utils import formatdate

# Published by the emulator's makers; the same everywhere, and no secret.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def main(endpoint: str, name: str) -> int:
    date = formatdate(usegmt=True)
    version = "2021-08-06"
    to_sign = "\n".join(
        ["PUT", "", "", "", "", "", "", "", "", "", "", ""]
        + [f"x-ms-date:{date}", f"x-ms-version:{version}"]
        + [f"/{ACCOUNT}/{ACCOUNT}/{name}", "restype:container"]
    )
    signature = base64.b64encode(
        hmac.new(base64.b64decode(KEY), to_sign.encode(), hashlib.sha256).digest()
    ).decode()
    request = urllib.request.Request(
        f"{endpoint}/{ACCOUNT}/{name}?restype=container",
        method="PUT",
        headers={
            "x-ms-date": date,
            "x-ms-version": version,
            "Authorization": f"SharedKey {ACCOUNT}:{signature}",
            "Content-Length": "0",
        },
    )
    try:
        urllib.request.urlopen(request, timeout=20).close()
    except urllib.error.HTTPError as error:
        if error.code != 409:
            print(f"{error.code}: {error.read()[:500]!r}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
