# The words of the site. To change them costs nothing.
locals {
  rooms = [
    {
      artwork = "lens"
      title   = "The lantern room"
      text    = "Ninety-one steps up, the great lens still floats on its bath of mercury. One finger sets two tonnes of glass turning. It was cut in 1906, carried here in forty crates, and put together by a keeper who had never seen one."
    },
    {
      artwork = "night"
      title   = "The long watch"
      text    = "Two flashes, a pause, one more: every light has a rhythm of its own, and ships still know this one. On the last Friday of the month we stay open until midnight, switch off every lamp in the house, and watch it work."
    },
    {
      artwork = "garden"
      title   = "The keepers’ garden"
      text    = "Behind the only wall on the island that stops the wind, four families grew potatoes, poppies and opinions. The potatoes are gone. Everything else seeds itself, and flowers from May to the first gale."
    },
  ]
}
