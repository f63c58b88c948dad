from .atomic import write_bytes as write_bytes
from .digest import content_digest as content_digest
from .digest import file_sha256 as file_sha256
from .encoding import pack_ragged as pack_ragged
from .encoding import unpack_ragged as unpack_ragged
