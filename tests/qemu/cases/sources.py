# SPDX-License-Identifier: Apache-2.0
"""Where VMs come from: disk and archive side by side, partition tables, forms of images and trees."""

import re

from harness import case
from vmfile import MIB, linux

BOOT = 120


def greets(vm, name, n_cpus=1):
    vm.expect(r"^Welcome to %s: Linux .* %d CPU\(s\)" % (name, n_cpus), BOOT)


@case(kernel="linux-memory", table="mbr",
      vms=[linux("from-disk", id=2, cpus=[2, 3])])
def disk_and_archive(vm):
    """A VM from the archive beside one from a disk with an MBR; both end, then the machine"""
    vm.expect(r"^Welcome to linux-mem", BOOT)
    vm.shell(BOOT)
    vm.check("VM 1 \"linux-mem\" from archive:/" in vm.text, "VM 1 is not from the archive")
    vm.check("VM 2 \"from-disk\" from disk:/" in vm.text, "VM 2 is not from the disk")
    vm.check(vm.run("hostname") == "linux-mem\n", "VM 1 is another one")
    vm.focus(2)
    vm.shell(BOOT)
    vm.check(vm.run("hostname; nproc") == "from-disk\n2\n", "VM 2 is another one")
    vm.send("poweroff\n")
    vm.expect(r'VM 2 "from-disk" powered off', 30)
    vm.focus(1)
    vm.shell()
    vm.send("poweroff\n")
    vm.wait_exit()


@case(table="gpt", vms=[linux("packed", kernel_path="Image.gz")])
def gzip_kernel_gpt(vm):
    """A gzip-compressed kernel, from a disk with a GPT"""
    vm.expect(r"kernel +0x080200000  Image\.gz, \d+ bytes, gzip", 30)
    greets(vm, "packed")
    vm.shell()
    vm.send("poweroff\n")
    vm.wait_exit()


@case(vms=[linux("own-tree", dtb_path="board.dtb")])
def user_tree(vm):
    """A device tree of the user's: kept, but for memory, command line and initrd"""
    greets(vm, "own-tree")
    vm.shell()
    base = "/proc/device-tree/"
    vm.check(vm.run("cat %smodel" % base) == "A tree of the user's", "it is another tree")
    vm.check(vm.run("cat %suser-node/user-property" % base) == "kept", "a node was not kept")
    vm.check("hostname=own-tree" in vm.run("cat %schosen/bootargs" % base), "no command line")
    vm.check(vm.run("ls %s | grep ^memory" % base) == "memory@80000000\n", "memory is wrong")
    vm.check("80000000-8fffffff : System RAM" in vm.run("cat /proc/iomem"), "memory is wrong")
    vm.send("poweroff\n")
    vm.wait_exit()


@case(vms=[linux("two-regions", base=0xa000_0000, memory_regions=[
    [0xa000_0000, 128 * MIB, 7, 0], [0x8000_0000, 64 * MIB, 7, 0], [0x9000_0000, MIB, 5, 0]])])
def memory_regions(vm):
    """Two regions of RAM, the lower one second, and one that the guest may not write"""
    greets(vm, "two-regions")
    vm.shell()
    ram = vm.run("grep -c 'System RAM' /proc/iomem")
    vm.check(ram == "2\n", "Linux sees %s regions of RAM" % ram.strip())
    total = int(vm.run("grep MemTotal /proc/meminfo").split()[1]) >> 10
    vm.check(140 < total <= 192, "Linux has %d MiB" % total)
    # All of it, twice: what is not there, or there twice, does not survive this.
    for _ in range(2):
        vm.run("mount -t tmpfs -o size=120m none /tmp; dd if=/dev/urandom of=/tmp/a bs=1M count=50;"
               " cp /tmp/a /tmp/b; cmp /tmp/a /tmp/b; umount /tmp", 120)
    vm.check("0\n" in vm.run("devmem 0x90000000 32"), "the read-only region is not zero")
    told = vm.run("devmem 0x90000000 32 1", status=135)  # SIGBUS
    vm.check('VM 1 "two-regions" vCPU 0' in told and "write at 0x90000000: " in told,
             "nothing was said of the write")
    vm.check("0\n" in vm.run("devmem 0x90000000 32"), "the read-only region was written to")
    vm.send("poweroff\n")
    vm.wait_exit()


@case(vms=[linux("identity", base=0x8000_0000,
                 memory_regions=[[0x8000_0000, 256 * MIB, 7, 1]])])
def identity_memory(vm):
    """Memory of map_type 1 is the host's memory of the same address"""
    greets(vm, "identity")
    vm.shell()
    vm.check("256 MiB rwx identity" in vm.text, "the board shows no identity memory")
    # The guest's device tree begins with d00dfeed, where the machine itself sees it.
    tree = re.search(r"dtb +(0x[0-9a-f]+)  generated", vm.text).group(1)
    vm.monitor("xp /1xw " + tree, "0xedfe0dd0")
    vm.shell()
    vm.send("poweroff\n")
    vm.wait_exit()
