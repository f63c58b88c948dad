from .card_file import read_card as read_card
