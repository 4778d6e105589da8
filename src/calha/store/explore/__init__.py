"""Notes at a time of a device or site, and saved views, in the registry's database."""

from calha.store.explore.annotations import AnnotationRow, Annotations, NewAnnotation, Place
from calha.store.explore.views import SavedViews, ViewRow, unknown_view

__all__ = ["AnnotationRow", "Annotations", "NewAnnotation", "Place", "SavedViews", "ViewRow", "unknown_view"]
