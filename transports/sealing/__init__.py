"""A parcel is signed, then enveloped, for the road (CMS); a record is sealed for the shelf (at_rest); keys live in a ring."""
