"""Generated kernels of tests go into pytest's own cache: no test depends on, or fills, that of the user."""

import pytest

from accelsim.datapath.generate import cache_folder


@pytest.fixture(scope="session", autouse=True)
def _kernel_cache(pytestconfig):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACCELSIM_CACHE_DIR", str(pytestconfig.cache.mkdir("kernels")))
        cache_folder.cache_clear()
        yield
    cache_folder.cache_clear()
