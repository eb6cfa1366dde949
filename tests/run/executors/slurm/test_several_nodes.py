"""Relays between the nodes of one job: they carry messages of those that have the key, and hang up with either end."""

from __future__ import annotations

import secrets
import socket
import stat
import threading
from collections.abc import Iterator
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path

import pytest

from harness.errors import Interrupted
from harness.run.executors.slurm import several_nodes
from harness.run.executors.slurm.several_nodes import Meeting, _let_in, _met, _pass_on, _write_for_us_alone
from harness.stop_signal import StopSignal
from harness.store.documents import json_text


@pytest.fixture
def key() -> bytes:
    """A key."""
    return secrets.token_bytes(32)


@pytest.fixture
def kept(tmp_path: Path, key: bytes) -> Iterator[tuple[socket.socket, tuple[str, int]]]:
    """The socket of the process that keeps the job, and the address of the relay to it."""
    with socket.socket(socket.AF_UNIX) as server, Listener(("127.0.0.1", 0)) as listener:
        server.bind(str(tmp_path / "socket"))
        server.listen()
        server.settimeout(20)
        threading.Thread(target=_let_in, args=(listener, tmp_path / "socket", key), daemon=True).start()
        yield server, listener.address


def accepted(server: socket.socket) -> Connection:
    """The next connection."""
    line = server.accept()[0]
    line.setblocking(True)  # noqa: FBT003
    return Connection(line.detach())


def test_a_process_of_another_node_speaks_through_two_relays(tmp_path: Path, key: bytes, kept) -> None:
    """In both directions; when it ends, the first node hears it, and the other way round."""
    server, (host, port) = kept
    with socket.socket(socket.AF_UNIX) as there:
        there.bind(str(tmp_path / "there"))
        there.listen()
        threading.Thread(target=_pass_on, args=(there, Meeting(host, port, 0, key.hex())), daemon=True).start()
        for first_hangs_up in (False, True):
            with socket.socket(socket.AF_UNIX) as line:
                line.connect(str(tmp_path / "there"))
                rank = Connection(line.detach())
            parent = accepted(server)
            rank.send(("said", "hello"))
            assert parent.recv() == ("said", "hello")
            parent.send(15)
            assert rank.recv() == 15
            rank.send(("ended", {"a": 1}, ""))
            gone, left = (parent, rank) if first_hangs_up else (rank, parent)
            if not first_hangs_up:
                gone.close()
                assert left.recv() == ("ended", {"a": 1}, "")
            else:
                assert parent.recv() == ("ended", {"a": 1}, "")
                gone.close()
            assert left.poll(20)
            with pytest.raises(EOFError):
                left.recv()


def test_nobody_without_the_key_reaches_the_job(key: bytes, kept) -> None:
    """Whoever has another key, or sends anything at all, is hung up on; one who says nothing keeps nobody waiting."""
    server, address = kept
    silent = socket.create_connection(address, timeout=20)
    with pytest.raises((AuthenticationError, EOFError, ConnectionError)):
        Client(address, authkey=b"another")
    with socket.create_connection(address, timeout=20) as line:
        line.sendall(b"\0\0\0\4abcd")
    server.settimeout(0.5)
    with pytest.raises(TimeoutError):
        server.accept()
    server.settimeout(20)
    with silent, Client(address, authkey=key) as friend:
        friend.send("hello")
        assert accepted(server).recv() == "hello"


def test_the_key_can_be_read_by_its_user_alone(tmp_path: Path) -> None:
    """From the first moment."""
    _write_for_us_alone(tmp_path / "meeting.json", json_text({"host": "a", "relay": 1, "rendezvous": 2, "key": "00"}))
    assert stat.S_IMODE((tmp_path / "meeting.json").stat().st_mode) == 0o600
    assert _met(tmp_path / "meeting.json", StopSignal()) == Meeting("a", 1, 2, "00")


def test_a_node_that_waits_for_the_first_heeds_signals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And does not wait for ever."""
    with pytest.raises(Interrupted):
        _met(tmp_path / "meeting.json", StopSignal(15))
    monkeypatch.setattr(several_nodes, "MEETS_WITHIN_S", 0.0)
    with pytest.raises(Exception, match=r"has not said in .*meeting\.json where it is"):
        _met(tmp_path / "meeting.json", StopSignal())
