"""How changes leave this laptop sealed and how those of others arrive: merge, seal, keys, enrolment, engine.

`merge` is pure and decides what a record is after changes in any order. `seal` turns change sets into bundles and back.
`enrolment` founds an organisation, writes invitations and answers them. `engine` exchanges with the server through
`transport` and keeps its books in a `replica.Replica`, which the store provides.
"""
