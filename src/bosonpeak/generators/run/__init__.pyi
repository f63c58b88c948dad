from .recipe import available_recipes as available_recipes
