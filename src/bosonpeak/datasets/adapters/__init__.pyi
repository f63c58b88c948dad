from .density_curves import read_density_of_states as read_density_of_states
from .files.unpacking import unpacked as unpacked
from .folders import FolderContents as FolderContents
from .folders import read_folder as read_folder
from .readers import read_configuration_dataset as read_configuration_dataset
