# By the id of the request, sent to the provider's endpoint.
terraform import flux2_image.hero 764cabcf-b745-4b3e-ae38-1200304cf45b

# By endpoint and id.
terraform import flux2_image.hero fal-ai/flux-2-dev/764cabcf-b745-4b3e-ae38-1200304cf45b
