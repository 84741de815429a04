# "$flux2" emulate -- terraform test, where flux2 is the provider's program: see README.md
#
# No key that fal accepts: without the emulator these tests fail, and cost
# nothing.
provider "flux2" {
  api_key     = "for-the:emulator"
  image_store = "test/.flux2"
}

# The pictures of the site itself are in another folder, and stay as they are. So
# do the notes about them, in another store.
variables {
  folder = "test"
}

run "the_plan_knows_all_seeds" {
  command = plan

  # Nothing but the pictures: the check on their files has to wait for them.
  plan_options {
    target = [flux2_image.artwork]
  }

  assert {
    condition     = length(distinct([for image in flux2_image.artwork : image.seed])) == length(local.artworks)
    error_message = "Two artworks have the same seed: they would be one picture, paid for twice."
  }
}

run "the_site_is_made" {
  assert {
    condition     = alltrue([for file in flux2_image_file.picture : file.present])
    error_message = "A picture is not on disk."
  }

  assert {
    condition = alltrue([
      for key, file in flux2_image_file.picture :
      file.width == local.artworks[local.files[key].artwork].width &&
      file.height == local.artworks[local.files[key].artwork].height
    ])
    error_message = "A picture does not have the size that it was declared with."
  }

  assert {
    condition = alltrue([
      for key, file in flux2_image_file.picture :
      file.content_type == "image/${local.artworks[local.files[key].artwork].format}"
    ])
    error_message = "A picture does not have the format that it was declared with."
  }

  assert {
    condition     = alltrue([for file in local.files : strcontains(output.page, "\"${file.name}\"")])
    error_message = "A picture is not on the page."
  }

  assert {
    condition     = alltrue([for room in local.rooms : strcontains(output.page, room.title)])
    error_message = "A room is not on the page."
  }
}

# All of the page is known in the plan: nothing is left to generate.
run "nothing_is_left_to_do" {
  command = plan

  assert {
    condition     = length(output.page) > 0 && alltrue([for file in flux2_image_file.picture : file.present])
    error_message = "A second run would change the page."
  }
}
