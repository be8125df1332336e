import pytest

from accelsim.datapath.generate import cache_folder


@pytest.fixture(scope="session", autouse=True)
def _generated_kernels(tmp_path_factory):
    """Keep generated kernels out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACCELSIM_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        cache_folder.cache_clear()
        yield
    cache_folder.cache_clear()
