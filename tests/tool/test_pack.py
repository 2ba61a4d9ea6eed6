# SPDX-License-Identifier: Apache-2.0
"""trivet pack: archives and disks as the usual tools see them, and what is refused."""
import os
import shutil
import subprocess

SBIN = {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "MTOOLSRC": "/dev/null", "LC_ALL": "C.UTF-8"}


def vm(location, number=1, extra=""):
    return f"""[base]
id = {number}
name = "vm{number}"
cpu_num = 1
[kernel]
entry_point = 0x8020_0000
image_location = "{location}"
kernel_path = "k{number}.bin"
kernel_load_addr = 0x8020_0000
{extra}memory_regions = [[0x8000_0000, 0x1000_0000, 0x7, 0]]
"""


def files(t):
    t.write("vms/a.toml", vm("fs"))
    t.write("vms/b.toml", vm("memory", 2))
    t.write("images/k1.bin", bytes(range(256)) * 300)
    t.write("vms/k2.bin", b"second" * 1000)
    return ["vms/a.toml", "vms/b.toml", "--files", "images"]


def program(t, *words):
    done = subprocess.run([str(w) for w in words], cwd=t.folder, env=SBIN, capture_output=True, timeout=120)
    assert done.returncode == 0, (words, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
    return done.stdout


def listed(t, archive):
    out = subprocess.run(["cpio", "-itv", "--quiet"], stdin=open(t.folder / archive, "rb"), capture_output=True, check=True)
    return out.stdout.decode().splitlines()


def test_archive_and_disk(t):
    """Each description where its images have to be, with them; cpio, fsck and mtools agree."""
    t.expect(0, "pack", *files(t), "-o", "a.cpio", "--disk", "d.img")
    t.equal([line.split()[-1] for line in listed(t, "a.cpio")], ["guest/vm_default/b.toml", "k2.bin"])
    assert all(" root " in line and "1970" in line for line in listed(t, "a.cpio"))
    program(t, "fsck.vfat", "-n", "d.img")
    for name, source in (("guest/vm_default/a.toml", "vms/a.toml"), ("k1.bin", "images/k1.bin")):
        program(t, "mcopy", "-n", "-i", "d.img", f"::/{name}", "got")
        assert (t.folder / "got").read_bytes() == (t.folder / source).read_bytes(), name
        (t.folder / "got").unlink()


def test_tables(t):
    for table, check in (("mbr", ["sfdisk", "-V"]), ("gpt", ["sgdisk", "-v"])):
        t.expect(0, "pack", *files(t), "-o", "a.cpio", "--disk", "d.img", "--table", table)
        assert b"k1.bin" in program(t, "mdir", "-i", "d.img@@1M", "::")
        if shutil.which(check[0], path=SBIN["PATH"]):
            out = program(t, *check, "d.img")
            assert table == "mbr" or b"No problems found" in out, out
        with open(t.folder / "d.img", "rb") as image, open(t.folder / "part.img", "wb") as part:
            image.seek(1 << 20)
            shutil.copyfileobj(image, part, 1 << 20)
        # Behind the volume of a partition is more than the volume.
        program(t, "fsck.vfat", "-n", "part.img")


def test_same_bytes(t):
    """Whatever the order; and an archive that stays the same is not touched."""
    words = files(t)
    t.expect(0, "pack", *words, "-o", "a.cpio", "--disk", "a.img")
    t.expect(0, "pack", *reversed(words[:2]), *words[2:], "-o", "b.cpio", "--disk", "b.img")
    for suffix in ("cpio", "img"):
        program(t, "cmp", f"a.{suffix}", f"b.{suffix}")
    os.utime(t.folder / "a.cpio", (1000, 1000))
    t.expect(0, "pack", *words, "-o", "a.cpio", "--disk", "a.img")
    assert os.stat(t.folder / "a.cpio").st_mtime == 1000
    t.write("vms/k2.bin", b"other" * 1000)
    t.expect(0, "pack", *words, "-o", "a.cpio", "--disk", "a.img")
    assert os.stat(t.folder / "a.cpio").st_mtime != 1000


def test_large_file(t):
    """Over 2 GiB that are mostly holes make an image that is mostly holes."""
    t.write("vms/a.toml", vm("fs", extra='ramdisk_path = "big"\nramdisk_load_addr = 0x8400_0000\n'))
    t.write("vms/k1.bin", b"x" * 100)
    with open(t.folder / "vms/big", "wb") as f:
        f.truncate(2100 << 20)
        f.seek((2100 << 20) - 4)
        f.write(b"last")
    t.expect(0, "pack", "--force", "vms/a.toml", "--disk", "d.img")
    st = os.stat(t.folder / "d.img")
    assert st.st_size > 2100 << 20 and st.st_blocks * 512 < 64 << 20, st
    program(t, "fsck.vfat", "-n", "d.img")
    with open(t.folder / "d.img", "rb") as image:
        image.seek(2100 << 20)
        image.seek(os.lseek(image.fileno(), 2100 << 20, os.SEEK_DATA))
        assert b"\0\0last" in image.read(1 << 20)


def test_mistakes_are_refused(t):
    words = files(t)
    t.write("vms/a.toml", vm("fs").replace("0x8020_0000", "0x1000"))
    r = t.expect(1, "pack", *words, "-o", "a.cpio", "--disk", "d.img")
    assert "outside of every memory region" in r.err
    assert not (t.folder / "a.cpio").exists() and not (t.folder / "d.img").exists()
    t.expect(0, "pack", "--force", *words, "-o", "a.cpio", "--disk", "d.img")
    assert b"a.toml" in program(t, "mdir", "-i", "d.img", "::/guest/vm_default")


def test_missing_image(t):
    words = files(t)
    (t.folder / "vms/k2.bin").unlink()
    r = t.expect(1, "pack", *words, "-o", "a.cpio", "--disk", "d.img")
    assert '"k2.bin": there is no such file' in r.err


def test_no_place(t):
    r = t.expect(1, "pack", *files(t), "-o", "a.cpio")
    assert "has to be in the disk, and no --disk is made" in r.err
    r = t.expect(1, "pack", *files(t), "--disk", "d.img")
    assert "has to be in the archive, and no -o is made" in r.err
    assert "where to?" in t.expect(2, "pack", *files(t)).err
    assert "--table x: none, mbr, gpt" in t.expect(2, "pack", *files(t), "--disk", "d.img", "--table", "x").err


def test_two_of_one_name(t):
    t.write("one/a.toml", vm("fs"))
    t.write("two/b.toml", vm("fs", 2).replace("k2.bin", "k1.bin"))
    t.write("one/k1.bin", b"one" * 100)
    t.write("two/k1.bin", b"two" * 100)
    r = t.expect(1, "pack", "one/a.toml", "two/b.toml", "--disk", "d.img")
    assert "would both be k1.bin: give one another name" in r.err


def test_images_from_an_archive(t):
    files(t)
    t.expect(0, "pack", "vms/b.toml", "-o", "all.cpio")
    (t.folder / "vms/k2.bin").unlink()
    t.expect(0, "pack", "vms/b.toml", "--archive", "all.cpio", "-o", "again.cpio")
    program(t, "cmp", "all.cpio", "again.cpio")


def test_platform_file(t):
    """What the hypervisor reads of it, on the lines it has there."""
    t.expect(0, "pack", "--platform", t.root / "configs/platforms/aarch64-qemu-virt.toml", "-o", "a.cpio")
    text = program(t, "sh", "-c", "cpio -i --to-stdout --quiet platform.toml < a.cpio").decode()
    whole = (t.root / "configs/platforms/aarch64-qemu-virt.toml").read_text().splitlines()
    kept = text.splitlines()
    assert "[memory]" in kept and "[build]" not in kept and "[emulator]" not in kept
    assert all(line in ("", whole[i]) for i, line in enumerate(kept))


def test_packed(t):
    """A blob is the same board as its text; CAmkES always goes so."""
    sample = t.root / "configs/vms/linux-aarch64-board-smp2"
    for suffix in (".qvmconf", ".camkes"):
        words = ["--as", "packed"] if suffix == ".qvmconf" else []
        t.expect(0, "pack", "--no-images", "--force", f"{sample}{suffix}", *words, "-o", "a.cpio")
        program(t, "sh", "-c", "cpio -id --quiet < a.cpio")
        blob = t.folder / "guest/vm_default/linux-aarch64-board-smp2.vmb"
        r = t.run("diff", "--no-images", blob, f"{sample}{suffix}")
        assert r.status == 0, r
        blob.unlink()


def test_names_that_are_none(t):
    """An archive would end there, or be unpacked elsewhere."""
    t.write("x", "bytes")
    for name in ("", "TRAILER!!!", "../x", "a/../../x", "..", "a/"):
        for where in (["-o", "a.cpio"], ["--disk", "d.img"]):
            r = t.expect(1, "pack", "--add", f"x={name}", *where)
            assert f'x: cannot be packed as "{name}"' in r.err, r
    t.expect(0, "pack", "--add", "x=..a/b..c/TRAILER!!!", "-o", "a.cpio")
    t.equal([line.split()[-1] for line in listed(t, "a.cpio")], ["..a/b..c/TRAILER!!!"])


def test_nothing_half_made_stays(t):
    t.write("x", "bytes")
    (t.folder / "out").mkdir()
    t.expect(1, "pack", "--add", "x", "-o", "out")
    t.expect(1, "pack", "--add", "x", "--disk", "out")
    t.equal(sorted(os.listdir(t.folder)), ["out", "x"])
