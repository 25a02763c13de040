#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""build.py DOCKERFILE BASE CACHE OUT: the steps of a Dockerfile without an engine for containers, in namespaces of mounts
and processes of its own. Each FROM is the tree BASE; what a RUN before any COPY changes is kept in CACHE by all that was
said until then, as an engine does. OUT/image.json then names the folders of the last stage, the lowest first, and how it
is started; it is empty of all else."""
import fnmatch
import hashlib
import json
import os
import shutil
import subprocess
import sys


def instructions(path):
    text, lines = "", []
    for line in open(path):
        if not text and (line.startswith("#") or not line.strip()):
            continue
        text += line.rstrip("\n")
        if text.endswith("\\"):
            text = text[:-1]
            continue
        word, _, rest = text.strip().partition(" ")
        lines.append((word.upper(), " ".join(rest.split())))
        text = ""
    return lines


def ignored(context):
    patterns = [line.strip() for line in open(os.path.join(context, ".dockerignore"))]
    patterns = [p for p in patterns if p and not p.startswith("#")]
    return lambda name: any(fnmatch.fnmatchcase(name, p) for p in patterns)


class Stage:
    """A tree of layers; the topmost is the one that is written to."""

    def __init__(self, builder, number):
        self.builder, self.layers, self.workdir = builder, [builder.base], "/"
        self.root = os.path.join(builder.out, "root-%d" % number)
        self.said = self.upper = None
        self.kept = True  # as long as nothing of the context came in
        self.config = {"entrypoint": [], "cmd": [], "healthcheck": [], "volumes": []}
        self.said = "FROM " + os.path.basename(builder.base)
        os.makedirs(self.root)

    def mount(self, upper):
        work = upper + ".work"
        for folder in (upper, work):
            os.makedirs(folder, exist_ok=True)
        options = "lowerdir=%s,upperdir=%s,workdir=%s" % (":".join(reversed(self.layers)), upper, work)
        subprocess.check_call(["mount", "-t", "overlay", "overlay", "-o", options, self.root])
        self.upper = upper

    def unmount(self):
        subprocess.check_call(["umount", "-R", self.root])
        shutil.rmtree(self.upper + ".work", ignore_errors=True)
        self.layers.append(self.upper)
        self.upper = None

    def open(self):
        if not self.upper:
            self.mount(self.root + ".layer")

    def chroot(self, command):
        for what in (["-t", "proc", "proc", "proc"], ["--rbind", "/dev", "dev"], ["-t", "tmpfs", "tmp", "tmp"]):
            subprocess.check_call(["mount"] + what[:-1] + [os.path.join(self.root, what[-1])])
        shutil.copy("/etc/resolv.conf", os.path.join(self.root, "etc/resolv.conf"))
        try:
            subprocess.check_call(
                ["chroot", self.root, "/bin/sh", "-c", 'cd "$0" && exec /bin/sh -c "$1"', self.workdir, command],
                env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
                     "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"})
        finally:
            for name in ("tmp", "dev", "proc"):
                subprocess.check_call(["umount", "-R", "-l", os.path.join(self.root, name)])

    def run(self, command):
        self.said += "\nRUN " + command
        if not self.kept:
            self.open()
            return self.chroot(command)
        layer = os.path.join(self.builder.cache, "layer-" + hashlib.sha256(self.said.encode()).hexdigest()[:16])
        if os.path.isdir(layer):
            self.layers.append(layer)
            return
        shutil.rmtree(layer + ".new", ignore_errors=True)
        self.mount(layer + ".new")
        self.chroot(command)
        self.unmount()
        os.rename(layer + ".new", layer)
        self.layers[-1] = layer

    def copy(self, text):
        words, source = text.split(), self.builder.context
        self.kept = False
        self.open()
        if words[0].startswith("--from="):
            source = self.builder.stages[words.pop(0)[7:]].root
        target = os.path.join(self.root, os.path.join(self.workdir, words[-1]).lstrip("/"))
        for word in words[:-1]:
            if word == ".":
                skip = ignored(source)
                names = [name for name in os.listdir(source) if not skip(name)]
                for name in names:
                    def inner(folder, entries):
                        return [e for e in entries if skip(os.path.relpath(os.path.join(folder, e), source))]
                    put(os.path.join(source, name), os.path.join(target, name), inner)
            else:
                put(os.path.join(source, word.lstrip("/")), target)


def put(source, target, ignore=None):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.isdir(source):
        shutil.copytree(source, target, symlinks=True, ignore=ignore, dirs_exist_ok=True)
    else:
        shutil.copy2(source, target, follow_symlinks=False)


class Builder:
    def __init__(self, dockerfile, base, cache, out):
        self.context = os.path.dirname(os.path.abspath(dockerfile))
        self.base, self.cache, self.out, self.stages = base, cache, out, {}
        self.stage = None

    def step(self, word, text):
        stage = self.stage
        if word == "ARG":  # the release of the base, which is BASE here
            return
        if word == "FROM":
            names = text.split()
            self.stage = self.stages[names[2] if len(names) > 2 else ""] = Stage(self, len(self.stages))
        elif word == "RUN":
            stage.run(text)
        elif word == "COPY":
            stage.copy(text)
        elif word == "WORKDIR":
            stage.workdir = text
            stage.open()
            os.makedirs(stage.root + text, exist_ok=True)
            stage.kept = False
        elif word in ("ENTRYPOINT", "CMD"):
            stage.config[word.lower()] = json.loads(text)
        elif word == "VOLUME":
            stage.config["volumes"].append(text)
        elif word == "HEALTHCHECK":
            stage.config["healthcheck"] = json.loads(text[text.index("CMD") + 3:])
        else:
            sys.exit("the test does not know the instruction %s" % word)

    def build(self, dockerfile):
        for word, text in instructions(dockerfile):
            print("#", word, text[:100], flush=True)
            self.step(word, text)
        for stage in self.stages.values():
            stage.open()
            stage.unmount()
        with open(os.path.join(self.out, "image.json"), "w") as file:
            json.dump(dict(self.stage.config, layers=self.stage.layers), file)


if __name__ == "__main__":
    if os.environ.get("ENTERED") != "1":
        os.execvpe("unshare", ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", sys.executable]
                   + sys.argv, dict(os.environ, ENTERED="1"))
    Builder(*sys.argv[1:]).build(sys.argv[1])
