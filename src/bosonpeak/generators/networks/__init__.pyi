from .dynamical_matrix import connected_component_labels as connected_component_labels
from .homogenisation import effective_stiffness as effective_stiffness
from .mode_counts import count_below as count_below
from .toy_network import nine_node_toy as nine_node_toy
from .toy_network import on_node_response as on_node_response
