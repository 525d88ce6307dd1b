"""Stand-ins for the CUDA libraries that the x86-64 Linux wheel of PyTorch is linked against.

That wheel does not load without them, and they are 2 GB of downloads that a training run on the CPU never
calls. A stand-in has the library's name and its functions, each of which ends the program with a sentence that
names it. Run by `setup.sh`; only names that are missing are made, and nothing outside `.train` is touched.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

# Families of libraries, and how the names of their functions begin. The CUDA runtime itself is not among them:
# PyTorch calls it while it loads, and the real one is small.
FAMILIES = r"cudnn|cublas|cublasLt|cufft|cufile|cupti|cusparse|cusparseLt|nccl|nvrtc|nvshmem_host"
FUNCTIONS = r"(cudnn|cublas|cufft|cuFile|cupti|cusparse|nccl|pnccl|nvrtc|nvshmem)\w+"

BODY = r"""
#include <stdio.h>
#include <stdlib.h>
static void absent(const char *name) {
    fprintf(stderr, "%s belongs to CUDA, and this set-up is for the CPU; run scripts/train/setup.sh --whole\n", name);
    exit(2);
}
"""


def output(*command):
    """What a command prints; its failure ends the set-up."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def wanted_libraries(libraries):
    """Names of the CUDA libraries that `libraries` ask for."""
    needed = re.compile(rf"NEEDED.*\[(lib(?:{FAMILIES})\.so\.\d+)\]")
    return sorted({name for lib in libraries for name in needed.findall(output("readelf", "-dW", str(lib)))})


def wanted_functions(libraries):
    """Names of the CUDA functions that `libraries` use and do not hold themselves."""
    listed = "\n".join(output("nm", "-D", "--undefined-only", str(lib)) for lib in libraries)
    names = {line.split()[-1].split("@")[0] for line in listed.splitlines() if line.split()}
    return sorted(name for name in names if re.fullmatch(FUNCTIONS, name))


def build(folder):
    """Compiles the stand-ins into `folder`, PyTorch's own `lib`. Returns their names."""
    libraries = sorted(folder.glob("lib*.so"))
    names = [name for name in wanted_libraries(libraries) if not (folder / name).exists()]
    functions = "".join(f'void {f}(void) {{ absent("{f}"); }}\n' for f in wanted_functions(libraries))
    with tempfile.TemporaryDirectory() as work:
        source = pathlib.Path(work) / "standin.c"
        source.write_text(BODY + functions)
        for name in names:
            # every one has all functions: the loader asks for a name, not for who has it
            output("cc", "-shared", "-fPIC", f"-Wl,-soname,{name}", "-o", str(folder / name), str(source))
    return names


if __name__ == "__main__":
    print(" ".join(build(pathlib.Path(sys.argv[1]))))
