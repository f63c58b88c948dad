"""The track "vibrations of glasses": tests of interatomic potentials by the vibrations of small glasses."""
