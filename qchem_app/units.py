"""Conversion factors, from the CODATA values that scipy carries: the only place that has any."""

from __future__ import annotations

from scipy.constants import physical_constants

#: Bohr per Ångström.
BOHR_PER_ANGSTROM: float = 1e-10 / physical_constants["Bohr radius"][0]
#: Ångström per Bohr.
ANGSTROM_PER_BOHR: float = 1.0 / BOHR_PER_ANGSTROM
#: Millihartree per Hartree.
MILLIHARTREE_PER_HARTREE: float = 1e3
#: kJ per kcal (thermochemical calorie).
KJ_PER_KCAL: float = 4.184
#: kJ/mol per Hartree.
KJ_PER_MOL_PER_HARTREE: float = (
    physical_constants["Hartree energy"][0] * physical_constants["Avogadro constant"][0] / 1e3
)
#: kcal/mol per Hartree.
KCAL_PER_MOL_PER_HARTREE: float = KJ_PER_MOL_PER_HARTREE / KJ_PER_KCAL
#: Electronvolts per Hartree.
EV_PER_HARTREE: float = physical_constants["Hartree energy in eV"][0]
#: Chemical accuracy, 1 kcal/mol, in Hartree.
CHEMICAL_ACCURACY: float = 1.0 / KCAL_PER_MOL_PER_HARTREE
#: Debye per atomic unit of dipole moment (e a0); 1 D = 1e-21 C m^2/s / c.
DEBYE_PER_ATOMIC_UNIT: float = (
    physical_constants["atomic unit of electric dipole mom."][0]
    * physical_constants["speed of light in vacuum"][0]
    / 1e-21
)
#: Electron masses per dalton.
ELECTRON_MASS_PER_DALTON: float = 1.0 / physical_constants["electron mass in u"][0]
#: cm^-1 per Hartree.
WAVENUMBER_PER_HARTREE: float = physical_constants["hartree-inverse meter relationship"][0] / 100.0
