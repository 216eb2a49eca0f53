#!/usr/bin/python3
"""A small window from which files can be dragged: drag_source.py PATH..."""

import pathlib
import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402

uris = [pathlib.Path(path).resolve().as_uri() for path in sys.argv[1:]]
window = Gtk.Window(type=Gtk.WindowType.POPUP)
window.set_default_size(60, 60)
window.move(0, 0)
box = Gtk.EventBox()
box.add(Gtk.Label(label="drag"))
box.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
box.drag_source_add_uri_targets()
box.connect("drag-data-get", lambda _widget, _context, data, _info, _time: data.set_uris(uris))
box.connect("drag-end", lambda *_: Gtk.main_quit())
window.add(box)
window.connect("map-event", lambda *_: print("ready", flush=True))
window.show_all()
Gtk.main()
