from .projected_hessian import ProjectedHessian as ProjectedHessian
