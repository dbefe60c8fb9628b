"""Where the OpenAPI document is served: made once, then kept."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import get_language, override
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView
from rest_framework.response import Response


class SchemaPage(SpectacularAPIView):
    """The document. Made once per process and language: making it takes seconds."""

    def _get_schema_response(self, request: Any) -> Response:
        language = get_language() or ""
        known = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        return Response(_document(known))


@lru_cache(maxsize=8)
def _document(language: str) -> dict[str, Any]:
    with override(language):
        document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return document
