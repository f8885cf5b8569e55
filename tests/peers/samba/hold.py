"""Opens a file of the share and shares it with nobody, until killed: hold.py <folder> <port> <user> <password> <name>."""

import pathlib
import sys
import time
import uuid

from smbprotocol.connection import Connection
from smbprotocol.open import (
    CreateDisposition,
    CreateOptions,
    FileAttributes,
    FilePipePrinterAccessMask,
    ImpersonationLevel,
    Open,
)
from smbprotocol.session import Session
from smbprotocol.tree import TreeConnect


def main(folder: str, port: str, user: str, password: str, name: str) -> None:
    connection = Connection(uuid.uuid4(), "127.0.0.1", int(port))
    connection.connect()
    session = Session(connection, user, password)
    session.connect()
    tree = TreeConnect(session, r"\\127.0.0.1\records")
    tree.connect()
    held = Open(tree, name.replace("/", "\\"))
    held.create(
        ImpersonationLevel.Impersonation,
        FilePipePrinterAccessMask.FILE_READ_DATA | FilePipePrinterAccessMask.FILE_WRITE_DATA,
        FileAttributes.FILE_ATTRIBUTE_NORMAL,
        0,
        CreateDisposition.FILE_OPEN,
        CreateOptions.FILE_NON_DIRECTORY_FILE,
    )
    pathlib.Path(folder, "server", "held").touch()
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
