"""The pages of Hidrômetro Inteligente under their old addresses, for people who have signed in."""
